/** ConditionJsonSchema: the JSON schema of a condition, for the API's document. The parser of condition.ts is what counts. */
import { LIMITS } from '../limits.ts';

const self = { $ref: '#/$defs/Condition' };
const property = { type: 'string', minLength: 1, maxLength: LIMITS.nameLengthMax };
const scalar = { type: ['string', 'number', 'boolean'] };
const scalarOrNull = { type: ['string', 'number', 'boolean', 'null'] };
const caseInsensitive = { type: 'boolean', description: 'Compares texts without case. Default: false.' };

export const CONDITION_JSON_SCHEMA = {
  description:
    'A comparison of a property, the membership of a cohort, or `and`, `or` and `not` of conditions. Absent and null are ' +
    'the same.',
  examples: [{ property: 'country', op: 'eq', value: 'DE' }],
  anyOf: [
    comparison(['eq', 'neq'], { value: scalarOrNull, caseInsensitive }, ['value']),
    comparison(['in'], { value: arrayOf(scalarOrNull, LIMITS.queryConditionValuesMax), caseInsensitive }, ['value']),
    comparison(['contains'], { value: scalar, caseInsensitive }, ['value']),
    comparison(['startsWith', 'endsWith'], { value: { type: 'string' }, caseInsensitive }, ['value']),
    comparison(['gt', 'gte', 'lt', 'lte'], { value: { type: ['number', 'string'] } }, ['value']),
    comparison(['exists'], { value: { type: 'boolean' } }, []),
    closed({ cohort: { type: 'string', minLength: 1, maxLength: LIMITS.cohortIdLengthMax } }),
    closed({ and: arrayOf(self, LIMITS.queryConditionsMax) }),
    closed({ or: arrayOf(self, LIMITS.queryConditionsMax) }),
    closed({ not: self }),
  ],
};

function comparison(ops: readonly string[], members: Readonly<Record<string, object>>, required: readonly string[]) {
  const properties = { property, op: { type: 'string', enum: ops }, ...members };
  return { type: 'object', properties, required: ['property', 'op', ...required], additionalProperties: false };
}

function closed(properties: Readonly<Record<string, object>>) {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function arrayOf(items: object, maxItems: number) {
  return { type: 'array', items, minItems: 1, maxItems };
}
