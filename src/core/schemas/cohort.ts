/** CohortJsonSchema: the JSON schema of a part of a cohort, for the API's document. The parser of cohort.ts is what counts. */
import { LIMITS } from '../limits.ts';

const self = { $ref: '#/$defs/CohortPart' };
const parts = { type: 'array', items: self, minItems: 1, maxItems: LIMITS.cohortPartsMax };
const events = {
  description: 'Events with any of these names. Default: all events.',
  type: 'array',
  items: { type: 'string', minLength: 1, maxLength: LIMITS.nameLengthMax },
  minItems: 1,
};
const count = {
  description: 'Number of these events. Default: one or more.',
  type: 'object',
  properties: { gte: { type: 'integer', minimum: 0 }, lte: { type: 'integer', minimum: 0 } },
  additionalProperties: false,
};
const did = { events, where: { description: 'A condition without cohorts.', type: 'object' }, count };
const days = {
  description: 'Days before the question.',
  type: 'integer',
  minimum: 1,
  maximum: LIMITS.queryRangeDaysMax,
};
const time = { type: 'string', description: 'A date, or an ISO time with its zone.' };
const value = {
  anyOf: [
    { type: ['string', 'number', 'boolean', 'null'] },
    { type: 'array', items: { type: ['string', 'number', 'boolean', 'null'] } },
  ],
};
const trait = { type: 'string', description: 'A trait of people, like `person.plan`.' };

export const COHORT_JSON_SCHEMA = {
  description: 'People who did something so often, people with a trait, or `and`, `or` and `not` of such parts.',
  examples: [{ and: [{ events: ['Order Completed'], count: { gte: 3 }, days: 90 }] }],
  anyOf: [
    closed({ ...did, days }, ['days']),
    closed({ ...did, from: time, to: time }, ['from', 'to']),
    closed({ property: trait, op: { type: 'string' }, value, caseInsensitive: { type: 'boolean' } }, [
      'property',
      'op',
    ]),
    closed({ and: parts }, ['and']),
    closed({ or: parts }, ['or']),
    closed({ not: self }, ['not']),
  ],
};

function closed(properties: Readonly<Record<string, object>>, required: readonly string[]) {
  return { type: 'object', properties, required, additionalProperties: false };
}
