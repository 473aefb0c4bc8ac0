/**
 * Sample: a value that a schema allows, to show what an answer looks like. It has every member, and one item of each list.
 */
import { componentOf, formsOf, type JsonSchema } from './components.ts';

/** A recursive schema is followed so far. */
const DEPTH_MAX = 8;

/** Values that tell more than their type, by the name of the member. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  country: 'DE',
  cursor: 'WzE3ODA…',
  elapsedMs: 8,
  event: 'Order Completed',
  from: '2026-06-01T00:00:00.000Z',
  id: 'k3v5q2',
  name: 'Order Completed',
  property: 'plan',
  region: 'weur',
  timezone: 'Europe/Berlin',
  to: '2026-07-01T00:00:00.000Z',
  uid: 'q7x2m4n6p8',
  userId: 'ann',
};

export function sampleOf(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): unknown {
  return sampleValue(schema, '', 0);

  function sampleValue(part: JsonSchema, name: string, depth: number): unknown {
    if (depth > DEPTH_MAX) return null;
    const component = componentOf(part);
    if (component !== null) return sampleValue(schemas[component]!, name, depth + 1);
    const given = givenValue(part);
    if (given !== undefined) return given;
    const [first] = formsOf(part);
    if (first !== undefined) return sampleValue(first, name, depth + 1);
    switch (Array.isArray(part.type) ? part.type[0] : part.type) {
      case 'object':
        return objectOf(part, depth);
      case 'array':
        return arrayOf(part, name, depth);
      case 'string':
        return part.format === 'date-time' ? '2026-06-01T10:00:00.000Z' : textOf(name);
      case 'integer':
      case 'number':
        return typeof BY_NAME[name] === 'number' ? BY_NAME[name] : Math.max(12, Number(part.minimum ?? 0));
      case 'boolean':
        return true;
      default:
        return part.type === 'null' ? null : 'pro';
    }
  }

  function objectOf({ properties = {}, additionalProperties }: JsonSchema, depth: number): object {
    const members = Object.entries(properties as Record<string, JsonSchema>);
    if (members.length > 0)
      return Object.fromEntries(members.map(([name, member]) => [name, sampleValue(member, name, depth + 1)]));
    if (typeof additionalProperties !== 'object' || additionalProperties === null) return {};
    return { country: sampleValue(additionalProperties as JsonSchema, 'country', depth + 1) };
  }

  function arrayOf({ items, prefixItems }: JsonSchema, name: string, depth: number): readonly unknown[] {
    if (Array.isArray(prefixItems)) return prefixItems.map((item) => sampleValue(item, name, depth + 1));
    return items === undefined ? [] : [sampleValue(items as JsonSchema, name.replace(/s$/, ''), depth + 1)];
  }
}

/** A value that the schema itself gives. */
function givenValue({ const: only, examples, enum: values }: JsonSchema): unknown {
  return only ?? (examples as readonly unknown[] | undefined)?.[0] ?? (values as readonly unknown[] | undefined)?.[0];
}

function textOf(name: string): string {
  const known = BY_NAME[name];
  return typeof known === 'string' ? known : name === '' ? 'text' : name;
}
