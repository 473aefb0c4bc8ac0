import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Gathering } from '../../durable-objects/gathering.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A gathering that waits after a commit of `committed` requests, and the arrivals and commits that drive it. */
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

test('a commit of a single request is followed by no wait', async () => {
  const { state, over } = setUp(1);
  await over;
  expect(state.isOver).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('the wait ends once three quarters of the answered crowd have come back', async () => {
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

test('the target grows by one after a whole crowd and shrinks by a quarter after a smaller one', async () => {
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

test('at most twelve requests are waited for', async () => {
  const { state, arrive, pass } = setUp(100);
  arrive(11);
  await pass(0);
  expect(state.isOver).toBe(false);
  arrive(1);
  await pass(0);
  expect(state.isOver).toBe(true);
});

test('two milliseconds without an arrival end the wait', async () => {
  const { state, arrive, pass } = setUp(20);
  arrive(3);
  await pass(2);
  expect(state.isOver).toBe(false);
  await pass(1);
  expect(state.isOver).toBe(true);
});

test('a crowd that drips in holds an acknowledgement for at most 8 ms', async () => {
  const { state, arrive, pass } = setUp(100);
  for (let ms = 0; ms < 8; ms++) {
    expect(state.isOver).toBe(false);
    arrive(1);
    await pass(1);
  }
  expect(state.isOver).toBe(true);
});

test('enough bytes for a row end the wait at once', async () => {
  const { state, arrive, pass } = setUp(20);
  arrive(1, 70_000);
  await pass(0);
  expect(state.isOver).toBe(true);
});
