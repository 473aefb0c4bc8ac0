/**
 * Sample: a value that a schema allows, to show what an answer looks like. It has every member, and one item of each list.
 */
import { componentOf, formsOf, type JsonSchema } from './components.ts';

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
  w: 6,
  x: 0,
  userId: 'ann',
};

const DATES: Readonly<Record<string, string>> = {
  'date-time': '2026-06-01T10:00:00.000Z',
  date: '2026-06-01',
};

export function sampleOf(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): unknown {
  return sampleValue(schema, '', []);

  /** `within`: the components that this part lies in. A component within itself is left out: undefined. */
  function sampleValue(part: JsonSchema, name: string, within: readonly string[]): unknown {
    const component = componentOf(part);
    if (component !== null)
      return within.includes(component) ? undefined : sampleValue(schemas[component]!, name, [...within, component]);
    const given = givenValue(part);
    if (given !== undefined) return given;
    const [first] = formsOf(part);
    if (first !== undefined) return sampleValue(first, name, within);
    switch (Array.isArray(part.type) ? part.type[0] : part.type) {
      case 'object':
        return objectOf(part, within);
      case 'array':
        return arrayOf(part, name, within);
      case 'string':
        return DATES[String(part.format)] ?? textOf(name);
      case 'integer':
      case 'number':
        return typeof BY_NAME[name] === 'number' ? BY_NAME[name] : numberOf(part);
      case 'boolean':
        return true;
      default:
        return part.type === 'null' ? null : 'pro';
    }
  }

  function objectOf({ properties = {}, additionalProperties }: JsonSchema, within: readonly string[]): object {
    const members = Object.entries(properties as Record<string, JsonSchema>);
    if (members.length > 0)
      return Object.fromEntries(members.map(([name, member]) => [name, sampleValue(member, name, within)]));
    if (typeof additionalProperties !== 'object' || additionalProperties === null) return {};
    return { country: sampleValue(additionalProperties as JsonSchema, 'country', within) };
  }

  function arrayOf({ items, prefixItems }: JsonSchema, name: string, within: readonly string[]): readonly unknown[] {
    if (Array.isArray(prefixItems)) return prefixItems.map((item) => sampleValue(item, name, within));
    const item = items === undefined ? undefined : sampleValue(items as JsonSchema, name.replace(/s$/, ''), within);
    return item === undefined ? [] : [item];
  }
}

function numberOf({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): number {
  return Math.min(Math.max(12, Number(minimum)), Number(maximum));
}

/** A value that the schema itself gives. */
function givenValue({ const: only, examples, enum: values }: JsonSchema): unknown {
  return only ?? (examples as readonly unknown[] | undefined)?.[0] ?? (values as readonly unknown[] | undefined)?.[0];
}

function textOf(name: string): string {
  const known = BY_NAME[name];
  return typeof known === 'string' ? known : name === '' ? 'text' : name;
}
