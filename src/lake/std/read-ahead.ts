/**
 * Read-ahead: the results of many slow steps in their order, with a bounded number of steps under way.
 *
 * Six at once is the number of connections that the platform allows. A scan that awaited each segment before it asked for the
 * next would be as slow as the sum of the store's latencies.
 */
export const READS_AT_ONCE = 6;

export async function* readAhead<T, R>(
  items: readonly T[],
  step: (item: T) => Promise<R>,
  atOnce = READS_AT_ONCE,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  let next = 0;
  const start = () => {
    const promise = step(items[next++] as T);
    // The promise is awaited in its turn; until then a failure must not count as unhandled.
    promise.catch(() => {});
    pending.push(promise);
  };
  while (next < items.length && pending.length < atOnce) start();
  for (let promise = pending.shift(); promise !== undefined; promise = pending.shift()) {
    const result = await promise;
    if (next < items.length) start();
    yield result;
  }
}
