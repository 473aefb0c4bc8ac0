import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noteAsker, noteOthers, Pacer, scanPacer } from '../../../src/lake/std/pacer.ts';

/** The time that two pieces of work take for ten stretches each, of which none takes any time itself. */
async function timeOfTwo(): Promise<number> {
  const startMs = Date.now();
  const work = async (pacer: Pacer) => {
    for (let stretch = 0; stretch < 10; stretch++) await pacer.spend(MANY_ROWS);
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
/** More than the longest stretch has. */
const MANY_ROWS = 1e6;
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

describe('the rows of a stretch', () => {
  const PORTION = 8_192;
  beforeEach(() => {
    vi.useFakeTimers({ now: 1e6 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Works through portions that take this long each; resolves with the portions of each stretch. */
  async function stretchesOf(pacer: Pacer, portions: number, portionMs: number): Promise<number[]> {
    const stretches = [0];
    for (let portion = 0; portion < portions; portion++) {
      vi.setSystemTime(Date.now() + portionMs);
      stretches[stretches.length - 1]!++;
      const spent = pacer.spend(PORTION);
      if (vi.getTimerCount() > 0) {
        stretches.push(0);
        await vi.advanceTimersByTimeAsync(1);
      }
      await spent;
    }
    return stretches;
  }

  it('become more while they take little time, up to a bound', async () => {
    const stretches = await stretchesOf(new Pacer(), 128, 0);
    expect(stretches).toEqual([1, 2, 4, 8, 16, 16, 16, 16, 16, 16, 16, 1]);
  });

  it('are as many as fill some milliseconds', async () => {
    const stretches = await stretchesOf(new Pacer(), 128, 2);
    expect(Math.max(...stretches)).toBeLessThanOrEqual(4);
  });

  it('stay few while they take long, and become few again at once', async () => {
    const pacer = new Pacer();
    expect(Math.max(...(await stretchesOf(pacer, 8, 12)))).toBe(1);
    await stretchesOf(pacer, 128, 0);
    const [first, ...further] = await stretchesOf(pacer, 64, 12);
    // One stretch is as long as those before it; only then its rows are known to be slow.
    expect(first).toBeLessThanOrEqual(16);
    expect(Math.max(...further)).toBe(1);
  });

  it('are no measure of steps, each of which pauses', async () => {
    const pacer = new Pacer();
    await stretchesOf(pacer, 128, 0);
    for (let step = 0; step < 3; step++) {
      const stepped = pacer.pause();
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      await stepped;
    }
  });

  it('are counted together for the scans of one call', () => {
    const call = {};
    expect(scanPacer(call)).toBe(scanPacer(call));
    expect(scanPacer(call)).not.toBe(scanPacer({}));
    expect(scanPacer(undefined)).not.toBe(scanPacer(undefined));
  });
});
