/** Errors: an event for each error that nothing caught, up to 20 a page. */
import type { Tidemark } from '../tidemark.ts';

const ERRORS_MAX = 20;
const STACK_LENGTH_MAX = 2_000;

/** Sends `Error` with `message`, `stack`, and where it was thrown. */
export function trackErrors({ track }: Pick<Tidemark, 'track'>): void {
  let count = 0;
  const report = (thrown: unknown, place: object) => {
    if (count++ >= ERRORS_MAX) return;
    const { message, stack } = thrown instanceof Error ? thrown : { message: String(thrown), stack: undefined };
    track('Error', { message, ...(stack && { stack: stack.slice(0, STACK_LENGTH_MAX) }), ...place });
  };
  addEventListener('error', ({ error, message, filename, lineno, colno }) =>
    report(error ?? message, { file: filename, line: lineno, column: colno }),
  );
  addEventListener('unhandledrejection', ({ reason }) => report(reason, {}));
}
