/**
 * Fields: the members of a body or an answer as nested lists: name, type, whether it is required, and what it means.
 *
 * A named part is written out where it stands, three levels deep; deeper, and where it contains itself, its name stands for
 * it.
 */
import { componentOf, formsOf, type JsonSchema } from '../components.ts';
import { escapeHtml, inline } from './html.ts';

type Schemas = Readonly<Record<string, JsonSchema>>;

const DEPTH_MAX = 4;

export function fieldsOf(schema: JsonSchema, schemas: Schemas): string {
  return members(schema, { schemas, depth: 0, inside: new Set() });
}

interface Place {
  readonly schemas: Schemas;
  readonly depth: number;
  /** Names of the schemas around. */
  readonly inside: ReadonlySet<string>;
}

/** The list of members of an object, of the items of a list, or of each of several forms. */
function members(schema: JsonSchema, place: Place): string {
  if (place.depth > DEPTH_MAX) return '';
  const name = componentOf(schema);
  if (name !== null) {
    if (place.inside.has(name)) return '';
    return members(place.schemas[name]!, { ...place, inside: new Set([...place.inside, name]) });
  }
  const forms = formsOf(schema);
  if (forms.length > 0) return formList(forms, place);
  const items = itemsOf(schema);
  if (items !== null) return members(items, place);
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const required = new Set((schema.required ?? []) as readonly string[]);
  const rest = schema.additionalProperties;
  const others = typeof rest === 'object' && rest !== null && Object.keys(rest).length > 0 && properties.length === 0;
  const rows = properties.map(([member, part]) => row(member, part, required.has(member), place));
  if (others) rows.push(row('<name>', rest as JsonSchema, false, place));
  return rows.length === 0 ? '' : `<ul class="fields">${rows.join('')}</ul>`;
}

function formList(forms: readonly JsonSchema[], place: Place): string {
  const listed = forms.map((form) => ({ form, inner: members(form, { ...place, depth: place.depth + 1 }) }));
  if (listed.every(({ inner }) => inner === '')) return '';
  const [only, ...others] = listed.filter(({ inner }) => inner !== '');
  if (others.length === 0) return only!.inner;
  const items = [only!, ...others].map(
    ({ form, inner }) => `<li><span class="form">${escapeHtml(typeName(form))}</span>${inner}</li>`,
  );
  return `<p class="or">One of:</p><ol class="forms">${items.join('')}</ol>`;
}

function row(name: string, schema: JsonSchema, isRequired: boolean, place: Place): string {
  const { description, default: otherwise } = schema;
  const head = fieldHead({ name, type: typeName(schema), isRequired, otherwise, description });
  const inner = members(schema, { ...place, depth: place.depth + 1 });
  const nested = inner === '' ? '' : place.depth < 1 ? inner : `<details><summary>Members</summary>${inner}</details>`;
  return `<li>${head}${nested}</li>`;
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  /** The default; undefined when there is none. */
  readonly otherwise: unknown;
  readonly description: unknown;
}

/** What a list says of a field, but for its members. */
export function fieldHead({ name, type, isRequired, otherwise, description }: Field): string {
  const parts = [`<code class="name">${escapeHtml(name)}</code> <span class="type">${escapeHtml(type)}</span>`];
  if (isRequired) parts.push(' <span class="required">required</span>');
  if (otherwise !== undefined)
    parts.push(` <span class="default">Default: <code>${escapeHtml(JSON.stringify(otherwise))}</code></span>`);
  if (typeof description === 'string' && description !== '') parts.push(`<p>${inline(description)}</p>`);
  return parts.join('');
}

/** The type in a few words: `text`, `list of Series`, `"day" | "week"`. */
export function typeName(schema: JsonSchema): string {
  const name = componentOf(schema);
  if (name !== null) return name;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const forms = formsOf(schema);
  if (forms.length > 0) return [...new Set(forms.map(typeName))].join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type: string) => typeName({ ...schema, type })).join(' | ');
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time' ? 'time' : 'text';
    case 'array':
      return listName(schema);
    case 'object':
      return 'object';
    case undefined:
      return 'any';
    default:
      return String(schema.type);
  }
}

function listName(schema: JsonSchema): string {
  if (Array.isArray(schema.prefixItems)) return `[${schema.prefixItems.map((item) => typeName(item)).join(', ')}]`;
  const items = itemsOf(schema);
  return items === null ? 'list' : `list of ${typeName(items)}`;
}

/** The schema of the items; null when the list says nothing of them, or has a fixed number of them. */
function itemsOf({ items }: JsonSchema): JsonSchema | null {
  return typeof items === 'object' ? (items as JsonSchema | null) : null;
}
