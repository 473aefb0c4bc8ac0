/**
 * Drain: reads away what is left of a refused request's body, so that the refusal arrives.
 *
 * Who answers and closes while a client still sends makes its connection fail: most clients then report a broken pipe, never
 * see the 413 or 401, and send the same again. The platform reads 64 KiB by itself; this reads on, within bounds of size
 * and time: beyond them the sender is no client that would listen.
 */

const DRAINED_BY_PLATFORM_BYTES = 64 * 1024;
const DRAIN_SIZE_BYTES_MAX = 64 * 1024 * 1024;
const DRAIN_MS_MAX = 3_000;
const ERROR_STATUS_MIN = 400;

/** `status`: of the answer, which is to be sent after this. */
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
    // The sender is gone.
  } finally {
    clearTimeout(timer);
  }
}
