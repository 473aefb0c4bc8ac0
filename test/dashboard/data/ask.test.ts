import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';

// The modules of the session read the browser's globals when they are loaded.
vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }));
const { askOn, QUESTIONS_MAX } = await import('../../../src/dashboard/data/ask.ts');
const { CallError } = await import('../../../src/dashboard/data/api.ts');

/** A question whose answers the test gives one by one. */
function question() {
  const waiting: PromiseWithResolvers<string>[] = [];
  const signals: AbortSignal[] = [];
  const ask = (signal: AbortSignal) => {
    const one = Promise.withResolvers<string>();
    waiting.push(one);
    signals.push(signal);
    return one.promise;
  };
  return { ask, waiting, signals };
}

function setHidden(hidden: boolean): void {
  Object.assign(document, { hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}

describe('a call', () => {
  it('asks no more than the server takes', () => {
    expect(QUESTIONS_MAX).toBe(LIMITS.queryBatchMax);
  });
});

describe('a question', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    setHidden(false);
    vi.useRealTimers();
  });

  const onError = vi.fn();

  it('whose answer is known is asked when something changes, or its time has come', async () => {
    const { ask, waiting } = question();
    const asking = askOn(ask, { everyMs: 0, isKnown: true, onAnswer: () => {}, onError });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(waiting.length).toBe(0);
    asking.refresh();
    expect(waiting.length).toBe(1);
    const { end } = askOn(ask, { everyMs: 1_000, isKnown: true, onAnswer: () => {}, onError });
    expect(waiting.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(waiting.length).toBe(2);
    end();
  });

  it('gets its answer however often things change while it is on its way, and is asked once more then', async () => {
    const { ask, waiting, signals } = question();
    const answers: string[] = [];
    const asking = askOn(ask, { everyMs: 0, onAnswer: (answer) => answers.push(answer), onError });
    for (let change = 0; change < 5; change++) asking.refresh();
    expect(waiting.length).toBe(1);
    waiting[0]!.resolve('first');
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toEqual(['first']);
    expect(waiting.length).toBe(2);
    waiting[1]!.resolve('second');
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toEqual(['first', 'second']);
    expect(signals.some(({ aborted }) => aborted)).toBe(false);
    expect(waiting.length).toBe(2);
    asking.refresh();
    expect(waiting.length).toBe(3);
  });

  it('is asked again after its pause, and not while the page is hidden', async () => {
    const { ask, waiting } = question();
    const asking = askOn(ask, { everyMs: 1_000, onAnswer: () => {}, onError });
    waiting[0]!.resolve('');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(waiting.length).toBe(2);
    setHidden(true);
    waiting[1]!.resolve('');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(waiting.length).toBe(2);
    setHidden(false);
    expect(waiting.length).toBe(3);
    asking.end();
  });

  it('goes on after an error, which is that of a call', async () => {
    const { ask, waiting } = question();
    const errors: unknown[] = [];
    const asking = askOn(ask, { everyMs: 1_000, onAnswer: () => {}, onError: (error) => errors.push(error) });
    waiting[0]!.reject(new TypeError('broken'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(errors).toEqual([new CallError(0, 'internal', 'TypeError: broken')]);
    expect(waiting.length).toBe(2);
    asking.end();
  });

  it('that was ended shows no answer and is not asked again', async () => {
    const { ask, waiting, signals } = question();
    const onAnswer = vi.fn();
    const asking = askOn(ask, { everyMs: 1_000, onAnswer, onError });
    asking.refresh();
    asking.end();
    waiting[0]!.resolve('late');
    await vi.advanceTimersByTimeAsync(5_000);
    asking.refresh();
    expect(signals[0]!.aborted).toBe(true);
    expect(onAnswer).not.toHaveBeenCalled();
    expect(onError).not.toHaveBeenCalled();
    expect(waiting.length).toBe(1);
  });
});
