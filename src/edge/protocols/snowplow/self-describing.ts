/**
 * Self-describing JSON: a value with the URI of its schema, as Snowplow's custom events and contexts are written:
 * `{"schema": "iglu:com.acme/add_to_cart/jsonschema/1-0-0", "data": {…}}`. In the tracker protocol it is a text, plain or base64.
 */
import { isObject } from '../../../core/std/object.ts';
import { parseJsonText } from '../kit/loose.ts';
import { unpackBase64 } from '../kit/packed.ts';

export interface SelfDescribing {
  readonly schema: string;
  readonly data: unknown;
}

/** The value of a text that is JSON, or base64 of JSON. Undefined when it is neither. */
export function parsePackedText(value: unknown, isBase64: boolean): unknown {
  if (typeof value !== 'string') return isBase64 ? undefined : value;
  const json = isBase64 ? unpackBase64(value) : value;
  return json === null ? undefined : parseJsonText(json);
}

/** Null when the value describes no schema. */
export function selfDescribing(value: unknown): SelfDescribing | null {
  if (!isObject(value) || typeof value.schema !== 'string') return null;
  return { schema: value.schema, data: value.data };
}

/** The name of a schema: `add_to_cart` of `iglu:com.acme/add_to_cart/jsonschema/1-0-0`. The URI itself when it is none. */
export function schemaName(uri: string): string {
  return /^iglu:[^/]+\/([^/]+)\/[^/]+\/[^/]+$/.exec(uri)?.[1] ?? uri;
}

/** The data of contexts by the names of their schemas; several of one schema are a list. */
export function entitiesOf(contexts: readonly SelfDescribing[]): Record<string, unknown> {
  const lists = new Map<string, unknown[]>();
  for (const { schema, data } of contexts) {
    const name = schemaName(schema);
    const list = lists.get(name);
    if (list === undefined) lists.set(name, [data]);
    else list.push(data);
  }
  return Object.fromEntries([...lists].map(([name, list]) => [name, list.length === 1 ? list[0] : list]));
}
