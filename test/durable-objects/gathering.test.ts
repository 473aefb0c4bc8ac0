import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Gathering } from '../../durable-objects/gathering.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A gathering after a commit of so many, those who arrive, and what the next commit takes. */
function setUp(committed: number) {
  const waiting = { count: 0, sizeBytes: 0 };
  const gathering = new Gathering(waiting);
  const state = { isOver: false };
  const gatherAfter = async (count: number) => {
    state.isOver = false;
    await gathering.gather(count);
    state.isOver = true;
  };
  const commit = () => {
    const { count } = waiting;
    waiting.count = 0;
    waiting.sizeBytes = 0;
    return gatherAfter(count);
  };
  const over = gatherAfter(committed);
  const arrive = (count: number, sizeBytes = 300) => {
    for (let i = 0; i < count; i++) {
      waiting.count++;
      waiting.sizeBytes += sizeBytes;
      gathering.noteArrival();
    }
  };
  return { state, over, arrive, commit, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

test('a request that was alone is not waited for', async () => {
  const { state, over } = setUp(1);
  await over;
  expect(state.isOver).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('most of the crowd that was answered is waited for, and not a moment longer', async () => {
  const { state, arrive, pass } = setUp(12);
  arrive(4);
  await pass(1);
  arrive(4);
  await pass(0);
  expect(state.isOver).toBe(false);
  arrive(1);
  await pass(0);
  expect(state.isOver).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('a crowd that came is asked for one more; one that did not, for a quarter less', async () => {
  const { state, arrive, commit, pass } = setUp(4);
  arrive(3);
  await pass(0);
  expect(state.isOver).toBe(true);

  void commit();
  arrive(3);
  await pass(0);
  expect(state.isOver).toBe(false);
  arrive(1);
  await pass(0);
  expect(state.isOver).toBe(true);

  void commit();
  arrive(4);
  await pass(3);
  expect(state.isOver).toBe(true);

  void commit();
  arrive(3);
  await pass(0);
  expect(state.isOver).toBe(true);
});

test('no more than twelve are waited for', async () => {
  const { state, arrive, pass } = setUp(100);
  arrive(11);
  await pass(0);
  expect(state.isOver).toBe(false);
  arrive(1);
  await pass(0);
  expect(state.isOver).toBe(true);
});

test('two milliseconds without anybody end it: the crowd is gone', async () => {
  const { state, arrive, pass } = setUp(20);
  arrive(3);
  await pass(2);
  expect(state.isOver).toBe(false);
  await pass(1);
  expect(state.isOver).toBe(true);
});

test('a crowd that drips in does not hold an acknowledgement for more than 8 ms', async () => {
  const { state, arrive, pass } = setUp(100);
  for (let ms = 0; ms < 8; ms++) {
    expect(state.isOver).toBe(false);
    arrive(1);
    await pass(1);
  }
  expect(state.isOver).toBe(true);
});

test('enough bytes for a row of their own end it at once', async () => {
  const { state, arrive, pass } = setUp(20);
  arrive(1, 70_000);
  await pass(0);
  expect(state.isOver).toBe(true);
});
