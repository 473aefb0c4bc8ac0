/**
 * Isolate memory: what an isolate remembers of a database or a bucket from one call to the next. It is told apart by that, because
 * tests and simulated worlds have several in one isolate.
 *
 * @example const keptIn = isolateMemory((_: D1Database) => new Map<string, Kept>());
 */
export function isolateMemory<Owner extends object, Memory>(make: (owner: Owner) => Memory): (owner: Owner) => Memory {
  const memories = new WeakMap<Owner, { readonly memory: Memory }>();
  return (owner) => {
    const known = memories.get(owner) ?? { memory: make(owner) };
    memories.set(owner, known);
    return known.memory;
  };
}
