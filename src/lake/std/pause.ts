/**
 * Pause: lets what else waits for this thread go first. Long work without input or output in between (decoding a flush,
 * encoding a file) stops here now and then, for requests may be served by the same isolate.
 */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
