// Rates: calls a second of a target, over windows of ten seconds.

const WINDOW_MS = 10_000;

export class Rates {
  readonly #windows = new Map<string, { window: number; count: number }>();

  /** Counts and returns the calls a second of the window so far. */
  count(target: string, nowMs: number, calls = 1): number {
    const window = Math.floor(nowMs / WINDOW_MS);
    const known = this.#windows.get(target);
    if (known?.window === window) known.count += calls;
    else this.#windows.set(target, { window, count: calls });
    return ((known?.window === window ? known.count : calls) * 1_000) / WINDOW_MS;
  }
}
