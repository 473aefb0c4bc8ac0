/**
 * Within: a promise with a deadline. The work goes on after it and may still succeed, so it must be work that can be done
 * twice.
 */
export async function within<T>(promise: Promise<T>, timeoutMs: number, workName: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${workName} took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
