/**
 * Components: the named schemas of the document, each once, and references to them.
 *
 * A schema may mean another thing in a request than in an answer, where defaults have been filled in. Such a schema becomes
 * two components, `Name` and `NameInput`; any other is one. Which it is shows when all are known, so references carry their
 * direction until `finish`.
 */
import { z } from 'zod';
import { nameSchemas } from './named-schemas.ts';

export type JsonSchema = { readonly [member: string]: unknown };
export type Direction = 'input' | 'output';

const DEFS = '#/$defs/';
const COMPONENTS = '#/components/schemas/';
const INPUT = '@input';
const OUTPUT = '@output';
const CLOSED = ',"additionalProperties":false';

export class Components {
  readonly #schemas: Record<Direction, Map<string, JsonSchema>> = { input: new Map(), output: new Map() };
  /** Many calls give the same answers and refusals. */
  readonly #known: Record<Direction, Map<z.ZodType, JsonSchema>> = { input: new Map(), output: new Map() };

  constructor() {
    nameSchemas();
  }

  /** The JSON schema, with references to components for its named parts. */
  schemaOf(schema: z.ZodType, direction: Direction): JsonSchema {
    const known = this.#known[direction].get(schema);
    if (known !== undefined) return known;
    const made = this.#make(schema, direction);
    this.#known[direction].set(schema, made);
    return made;
  }

  #make(schema: z.ZodType, direction: Direction): JsonSchema {
    const { $defs = {}, ...own } = z.toJSONSchema(schema, { io: direction, unrepresentable: 'any' });
    for (const [name, part] of Object.entries($defs)) {
      if (name.startsWith('__'))
        throw new Error(`a recursive schema has no name: ${JSON.stringify(own).slice(0, 200)}`);
      this.#schemas[direction].set(name, tidied(part, direction));
    }
    return tidied(own, direction);
  }

  /** The JSON schema of an object in its own right, whether it has a name or not. */
  inlineSchemaOf(schema: z.ZodType, direction: Direction): JsonSchema {
    const { $defs = {}, $ref, ...own } = z.toJSONSchema(schema, { io: direction, unrepresentable: 'any' });
    return tidied($ref === undefined ? own : $defs[$ref.slice(DEFS.length)], direction);
  }

  /** Returns the document with each reference to its component, and the components by name. */
  finish<T extends object>(
    document: T,
  ): { readonly document: T; readonly schemas: Readonly<Record<string, JsonSchema>> } {
    const divided = this.#divided();
    const nameOf = (name: string, direction: Direction) =>
      direction === 'input' && divided.has(name) ? `${name}Input` : name;
    const named = <V>(value: V): V =>
      mapRefs(value, (ref) => {
        const direction: Direction = ref.endsWith(INPUT) ? 'input' : 'output';
        return COMPONENTS + nameOf(ref.slice(COMPONENTS.length, ref.lastIndexOf('@')), direction);
      });
    const schemas: Record<string, JsonSchema> = {};
    for (const direction of ['input', 'output'] as const)
      for (const [name, schema] of this.#schemas[direction]) schemas[nameOf(name, direction)] = named(schema);
    const sorted = Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1));
    return { document: named(document), schemas: Object.fromEntries(sorted) };
  }

  /** The names whose schemas differ by direction, themselves or in a part. */
  #divided(): ReadonlySet<string> {
    const { input, output } = this.#schemas;
    const both = [...input.keys()].filter((name) => output.has(name));
    const divided = new Set<string>();
    // That a request may have no further members is no reason: as an answer it is the same.
    const textOf = (schema: JsonSchema) =>
      JSON.stringify(mapRefs(schema, (ref) => (divided.has(refName(ref)) ? ref : refName(ref)))).replaceAll(CLOSED, '');
    for (let before = -1; before < divided.size; ) {
      before = divided.size;
      for (const name of both) if (textOf(input.get(name)!) !== textOf(output.get(name)!)) divided.add(name);
    }
    return divided;
  }
}

function refName(ref: string): string {
  return ref.slice(COMPONENTS.length, ref.lastIndexOf('@'));
}

/** The name of the component that the schema of a finished document refers to; null when it is no reference. */
export function componentOf({ $ref }: JsonSchema): string | null {
  return typeof $ref === 'string' ? $ref.slice($ref.lastIndexOf('/') + 1) : null;
}

/** The schemas of which one applies; empty when the schema has one form. */
export function formsOf({ anyOf, oneOf }: JsonSchema): readonly JsonSchema[] {
  return (anyOf ?? oneOf ?? []) as readonly JsonSchema[];
}

/** zod writes the bounds of safe integers to every integer. */
const SAFE = new Set<unknown>([Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);

/**
 * Leaves out what says nothing, and points references at components. An answer may get further members with the next
 * release, so its schema does not rule them out.
 */
function tidied(schema: unknown, direction: Direction): JsonSchema {
  return tidyValue(schema, direction) as JsonSchema;
}

function tidyValue(value: unknown, direction: Direction): unknown {
  if (Array.isArray(value)) return value.map((each) => tidyValue(each, direction));
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as Record<string, unknown>;
  const kept = Object.entries(schema).filter(([member, part]) => !isNoise(member, part, schema, direction));
  return Object.fromEntries(
    kept.map(([member, part]) => {
      if (member === '$ref' && typeof part === 'string') return [member, refOf(part, direction)];
      if (member === 'properties') return [member, mapMembers(part as object, (each) => tidyValue(each, direction))];
      if (VALUES.has(member)) return [member, part];
      return [member, tidyValue(part, direction)];
    }),
  );
}

function mapMembers(members: object, map: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, map(value)]));
}

/** Keywords whose values are values and no schemas. */
const VALUES: ReadonlySet<string> = new Set(['examples', 'default', 'const', 'enum']);

function refOf(ref: string, direction: Direction): string {
  return COMPONENTS + ref.slice(DEFS.length) + (direction === 'input' ? INPUT : OUTPUT);
}

function isNoise(member: string, part: unknown, schema: Record<string, unknown>, direction: Direction): boolean {
  switch (member) {
    case '$schema':
      return true;
    case 'readOnly':
      return part === true;
    case 'id':
      return typeof part === 'string';
    case 'minimum':
    case 'maximum':
      return SAFE.has(part);
    case 'pattern':
      return schema.format === 'date-time';
    case 'propertyNames':
      return JSON.stringify(part) === '{"type":"string"}';
    case 'additionalProperties':
      return part === false && direction === 'output';
    default:
      return false;
  }
}

function mapRefs<T>(value: T, map: (ref: string) => string): T {
  if (Array.isArray(value)) return value.map((each) => mapRefs(each, map)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([member, part]) => {
    if (member === '$ref' && typeof part === 'string' && part.includes('@')) return [member, map(part)];
    return [member, mapRefs(part, map)];
  });
  return Object.fromEntries(entries) as T;
}
