/**
 * Drain: reads away the rest of a refused request's body, so that the refusal arrives.
 *
 * An answer that closes the connection while the client still sends makes most clients report a broken pipe: they never
 * see the 413 or 401, and send the same again. The platform reads 64 KiB by itself; this module reads on, within bounds
 * of size and time. A sender beyond those bounds is not a client that would listen.
 */

const DRAINED_BY_PLATFORM_BYTES = 64 * 1024;
const DRAIN_SIZE_BYTES_MAX = 64 * 1024 * 1024;
const DRAIN_MS_MAX = 3_000;
const ERROR_STATUS_MIN = 400;

/** Reads the body away when the answer is a refusal. `status`: that of the answer. */
export async function drainRefused(request: Request, status: number): Promise<void> {
  if (status < ERROR_STATUS_MIN || request.body === null || request.body.locked) return;
  const announced = request.headers.get('content-length');
  if (announced !== null && Number(announced) <= DRAINED_BY_PLATFORM_BYTES) return;

  const reader = request.body.getReader();
  const { promise: timeUp, resolve } = Promise.withResolvers<'time is up'>();
  const timer = setTimeout(resolve, DRAIN_MS_MAX, 'time is up');
  try {
    for (let sizeBytes = 0; sizeBytes < DRAIN_SIZE_BYTES_MAX; ) {
      const read = await Promise.race([reader.read(), timeUp]);
      if (read === 'time is up' || read.done) return;
      sizeBytes += read.value.byteLength;
    }
  } catch {
    // The sender has gone.
  } finally {
    clearTimeout(timer);
  }
}
