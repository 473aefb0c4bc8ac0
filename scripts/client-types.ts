/**
 * ClientTypes: the types of the client, as TypeScript, from the API's document.
 *
 * in: the OpenAPI document · out: the text of src/client/api.ts: `Components`, the named schemas, and `Paths`, the calls by
 * path and method with what each takes and gives
 *
 * It knows the part of JSON Schema that the document uses, and throws for a keyword that would change a type unseen.
 */
import { componentOf, formsOf, type JsonSchema } from '../src/openapi/components.ts';
import type { OpenApiDocument } from '../src/openapi/document.ts';
import type { Operation, Parameter, Response } from '../src/openapi/operation.ts';

const HEADER = `/**
 * Api: the types of the public API, generated from its document. Never edit it: \`npm run generate\`.
 */
`;

export function clientTypes({ paths, components }: OpenApiDocument): string {
  const schemas = Object.entries(components.schemas).map(([name, schema]) => member(name, schema, '  '));
  const calls = Object.entries(paths).map(([path, item]) => {
    const methods = Object.entries(item).map(([method, operation]) => `    ${method}: ${callType(operation!)};`);
    return `  '${path}': {\n${methods.join('\n')}\n  };`;
  });
  return `${HEADER}
export interface Components {
${schemas.join('\n')}
}

export interface Paths {
${calls.join('\n')}
}
`;
}

function callType({ parameters = [], requestBody, responses, summary }: Operation): string {
  const parts = [
    ...parameterTypes('path', parameters),
    ...parameterTypes('query', parameters),
    ...(requestBody === undefined ? [] : [`body: ${bodyType(requestBody.content)}`]),
    `answer: ${answerType(responses)}`,
  ];
  return `/** ${comment(summary)} */ { ${parts.join('; ')} }`;
}

function parameterTypes(place: Parameter['in'], parameters: readonly Parameter[]): string[] {
  const own = parameters.filter((parameter) => parameter.in === place);
  if (own.length === 0) return [];
  const isOptional = own.every(({ required }) => !required);
  const types = own.map(({ name, required, schema }) => `${key(name)}${required ? '' : '?'}: ${typeOf(schema)}`);
  return [`${place}${isOptional ? '?' : ''}: { ${types.join('; ')} }`];
}

function bodyType(content: NonNullable<Operation['requestBody']>['content']): string {
  const json = content['application/json'];
  return json?.schema === undefined ? 'string | Uint8Array<ArrayBuffer>' : typeOf(json.schema);
}

/** An answer that is no JSON is handed on as it came. */
function answerType(responses: Operation['responses']): string {
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1] as Response | undefined;
  const schema = success?.content?.['application/json']?.schema;
  return schema === undefined ? 'Response' : typeOf(schema);
}

const IGNORED: ReadonlySet<string> = new Set([
  'default',
  'description',
  'examples',
  'format',
  'maximum',
  'maxItems',
  'maxLength',
  'minimum',
  'minItems',
  'minLength',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'pattern',
  'propertyNames',
  'title',
  'uniqueItems',
]);
const KNOWN: ReadonlySet<string> = new Set([
  '$ref',
  'anyOf',
  'oneOf',
  'allOf',
  'const',
  'enum',
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'prefixItems',
]);

export function typeOf(schema: JsonSchema): string {
  const unknown = Object.keys(schema).find((keyword) => !IGNORED.has(keyword) && !KNOWN.has(keyword));
  if (unknown !== undefined) throw new Error(`the client's types know no ${unknown}: ${JSON.stringify(schema)}`);
  const component = componentOf(schema);
  if (component !== null) return `Components['${component}']`;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return union(schema.enum.map((value) => JSON.stringify(value)));
  const forms = formsOf(schema);
  if (forms.length > 0) return union(forms.map(typeOf));
  if (schema.allOf !== undefined) return (schema.allOf as readonly JsonSchema[]).map(typeOf).join(' & ');
  if (Array.isArray(schema.type)) return union(schema.type.map((type: string) => typeOf({ ...schema, type })));
  return typeOfOne(schema);
}

function typeOfOne(schema: JsonSchema): string {
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return arrayType(schema);
    case 'object':
      return objectType(schema);
    default:
      return 'unknown';
  }
}

function arrayType({ items, prefixItems }: JsonSchema): string {
  if (Array.isArray(prefixItems)) return `readonly [${prefixItems.map((item) => typeOf(item)).join(', ')}]`;
  const type = items === undefined ? 'unknown' : typeOf(items as JsonSchema);
  return `readonly ${/^[\w[\]']+$/.test(type) ? type : `(${type})`}[]`;
}

function objectType({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const members = Object.entries(properties as Record<string, JsonSchema>).map(([name, part]) => {
    const isRequired = (required as readonly string[]).includes(name);
    return `${described(part)}readonly ${key(name)}${isRequired ? '' : '?'}: ${typeOf(part)}`;
  });
  const isMap = typeof additionalProperties === 'object' && additionalProperties !== null;
  const named = members.length === 0 ? [] : [`{ ${members.join('; ')} }`];
  const others =
    isMap || members.length === 0
      ? [`{ readonly [name: string]: ${isMap ? restType(additionalProperties as JsonSchema) : 'unknown'} }`]
      : [];
  // Members of a map with named ones have types of their own, which an index of them all would contradict.
  return named.length > 0 ? named[0]! : others[0]!;
}

function restType(schema: JsonSchema): string {
  return Object.keys(schema).length === 0 ? 'unknown' : typeOf(schema);
}

function member(name: string, schema: JsonSchema, indent: string): string {
  return `${indent}${described(schema)}${key(name)}: ${typeOf(schema)};`;
}

function described({ description }: JsonSchema): string {
  return typeof description === 'string' && description !== '' ? `/** ${comment(description)} */ ` : '';
}

function comment(text: string): string {
  return text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ');
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function union(types: readonly string[]): string {
  const each = [...new Set(types)];
  return each.length === 1
    ? each[0]!
    : each.map((type) => (type.startsWith('readonly ') ? `(${type})` : type)).join(' | ');
}
