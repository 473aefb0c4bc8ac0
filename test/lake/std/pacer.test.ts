import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noteAsker, noteOthers, Pacer } from '../../../src/lake/std/pacer.ts';

/** The time that two pieces of work take for ten stretches each, of which none takes any time itself. */
async function timeOfTwo(): Promise<number> {
  const startMs = Date.now();
  const work = async (pacer: Pacer) => {
    for (let stretch = 0; stretch < 10; stretch++) await pacer.pause();
  };
  const both = Promise.all([work(new Pacer()), work(new Pacer())]);
  await vi.advanceTimersByTimeAsync(10_000);
  let endMs = startMs;
  await both.then(() => {
    endMs = lastMs;
  });
  return endMs - startMs;
}

let lastMs = 0;
const ONE = [1, 2, 3, 4] as const;
const OTHER = [1, 2, 3, 5] as const;
/** A pause takes a millisecond of the fake clock. */
const ALONE_MS = 10;

describe('stretches of different work', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: lastMs + 1e6 });
    const { setTimeout: wait } = globalThis;
    vi.stubGlobal('setTimeout', (done: () => void, ms: number) =>
      wait(() => {
        lastMs = Date.now();
        done();
      }, ms),
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('stand apart while events are taken, and for a second', async () => {
    noteOthers();
    expect(await timeOfTwo()).toBeGreaterThan(2 * ALONE_MS);
  });

  it('follow each other while nothing else is served', async () => {
    expect(await timeOfTwo()).toBeLessThanOrEqual(ALONE_MS);
    noteAsker(ONE);
    await vi.advanceTimersByTimeAsync(1_001);
    noteAsker(ONE);
    expect(await timeOfTwo()).toBeLessThanOrEqual(ALONE_MS);
  });

  it('stand apart while another tenant asks', async () => {
    noteAsker(ONE);
    await vi.advanceTimersByTimeAsync(1_001);
    noteAsker(OTHER);
    expect(await timeOfTwo()).toBeGreaterThan(2 * ALONE_MS);
  });
});
