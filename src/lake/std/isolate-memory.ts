/**
 * Isolate memory: what an isolate remembers of a database or a bucket from one call to the next. It is told apart by that, because
 * tests and simulated worlds have several in one isolate.
 *
 * An object that reads for a bucket, such as a cache before it, is remembered under the bucket: see `rememberUnder`.
 *
 * @example const keptIn = isolateMemory((_: D1Database) => new Map<string, Kept>());
 */
const owners = new WeakMap<object, object>();

/** Has all memories of `reader` be those of `owner`. */
export function rememberUnder(owner: object, reader: object): void {
  owners.set(reader, owner);
}

export function isolateMemory<Owner extends object, Memory>(make: (owner: Owner) => Memory): (owner: Owner) => Memory {
  const memories = new WeakMap<Owner, { readonly memory: Memory }>();
  return (reader) => {
    const owner = (owners.get(reader) ?? reader) as Owner;
    const known = memories.get(owner) ?? { memory: make(owner) };
    memories.set(owner, known);
    return known.memory;
  };
}
