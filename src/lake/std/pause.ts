/**
 * Pause: yields the thread to other tasks that wait for it. Long work without input or output in between (decoding a flush,
 * encoding a file) pauses now and then, because the same isolate may be serving requests.
 */
export function pause(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
