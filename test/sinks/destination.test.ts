// Destinations behind their cursors: the delivered flushes, their order and number, and a dead destination that leaves
// the others alone.

import { describe, expect, it, vi } from 'vitest';
import { selectDropped } from '../../src/lake/manifest/dropped.ts';
import { DELIVERY_MS_MAX } from '../../src/sinks/destination.ts';
import { dayOf, UID } from '../query/support/world.ts';
import { NOON_MS, record } from '../support/events.ts';
import { expectLog, takeLog } from '../support/expect-log.ts';
import { RecordingDestination, start } from './destination-world.ts';

const DAY_MS = 86_400_000;

describe('a destination', () => {
  it('is delivered every stored flush once, in the order of their positions, and then what came since', async () => {
    const { store, run } = start();
    const hook = new RecordingDestination('hook');
    await store(0, ['a', 'b']);
    await store(1, ['c']);
    await store(0, ['d']);
    expect(await run(hook)).toEqual([{ destination: 'hook', flushes: 3 }]);
    await store(1, ['e']);
    expect(await run(hook)).toEqual([{ destination: 'hook', flushes: 1 }]);
    expect(await run(hook)).toEqual([{ destination: 'hook', flushes: 0 }]);
    expect(hook.taken.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c'], ['d'], ['e']]);
    const positions = hook.taken.map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(new Set(hook.keys).size).toBe(4);
  });

  it('is delivered a flush as one, also one of several days, one that was sealed, and none that holds no event', async () => {
    const { world, store, run } = start();
    const hook = new RecordingDestination('hook');
    world.append(0, [record({ id: 'a', atMs: NOON_MS }), record({ id: 'b', atMs: NOON_MS - 2 * DAY_MS })]);
    await world.store(0);
    await world.seal(dayOf(NOON_MS));
    await store(1, []);
    await store(1, ['c']);
    await run(hook);
    expect(hook.taken.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c']]);
  });

  it('is delivered a flush again, under the same key, when the run died before the cursor moved', async () => {
    const { cursors, store, run } = start();
    const hook = new RecordingDestination('hook');
    await store(0, ['a']);
    await store(0, ['b']);
    cursors.beforeMove = () => {
      throw new Error('killed');
    };
    expect(await run(hook)).toEqual([{ destination: 'hook', flushes: 0, failure: new Error('killed') }]);
    expectLog('sinks.destination', { message: 'Error: killed' });
    cursors.beforeMove = () => {};
    await run(hook);
    expect(hook.taken.map(({ ids }) => ids)).toEqual([['a'], ['a'], ['b']]);
    expect(new Set(hook.keys).size).toBe(2);
  });

  it('that fails gets the same flush in the next run, and nothing after it before', async () => {
    const { store, run } = start();
    const hook = new RecordingDestination('hook');
    for (const id of ['a', 'b', 'c']) await store(0, [id]);
    hook.refusal = ({ rows }) => {
      if (rows.strings.id!.includes('b')) throw new Error('503');
    };
    expect(await run(hook)).toEqual([{ destination: 'hook', flushes: 1, failure: new Error('503') }]);
    expectLog('sinks.destination', { message: 'Error: 503' });
    hook.refusal = null;
    expect(await run(hook)).toEqual([{ destination: 'hook', flushes: 2 }]);
    expect(hook.taken.map(({ ids }) => ids)).toEqual([['a'], ['b'], ['c']]);
  });

  it('that throws, or never answers, holds up neither another destination nor the sink', async () => {
    const { world, store, run } = start();
    const [dead, silent, hook] = ['dead', 'silent', 'hook'].map((name) => new RecordingDestination(name));
    dead!.refusal = () => {
      throw new Error('dead');
    };
    const signals: AbortSignal[] = [];
    silent!.refusal = (_flush, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    await store(0, ['a']);
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const runs = run(dead!, silent!, hook!);
    // The sink goes on storing while a destination hangs.
    await store(0, ['b']);
    await vi.advanceTimersByTimeAsync(DELIVERY_MS_MAX);
    vi.useRealTimers();
    const [first, second, third] = await runs;
    expect(first).toMatchObject({ destination: 'dead', flushes: 0, failure: new Error('dead') });
    expect(second).toMatchObject({ destination: 'silent', flushes: 0, failure: expect.any(Error) });
    expect(takeLog('sinks.destination')).toHaveLength(2);
    expect(signals).toMatchObject([{ aborted: true }]);
    expect(third).toEqual({ destination: 'hook', flushes: 1 });
    expect(world.shards[0]!.engine.outbox).toEqual([]);
    await run(hook!);
    expect(hook!.taken.map(({ ids }) => ids)).toEqual([['a'], ['b']]);
  });

  it('that two runs serve at once gets everything at least once, and its cursor never goes back', async () => {
    const { cursors, store, run } = start();
    const hook = new RecordingDestination('hook');
    for (const id of ['a', 'b', 'c']) await store(0, [id]);
    await Promise.all([run(hook), run(hook)]);
    await run(hook);
    expect(new Set(hook.taken.flatMap(({ ids }) => ids))).toEqual(new Set(['a', 'b', 'c']));
    expect(await cursors.read('hook', UID)).toBe(hook.taken.at(-1)!.position);
  });

  it('is not delivered what has expired: days of the lake, and events of a name', async () => {
    const { world, store, run } = start();
    const hook = new RecordingDestination('hook');
    const today = dayOf(NOON_MS);
    world.append(0, [record({ id: 'old', atMs: NOON_MS - 3 * DAY_MS }), record({ id: 'new', atMs: NOON_MS })]);
    await world.store(0);
    await store(0, ['beat'], { event: 'Heartbeat' });
    await store(1, ['last']);
    const drop = 'INSERT INTO dropped (uid, tier, name, day_from, day_before, updated_at_ms) VALUES (?, ?, ?, ?, ?, 0)';
    await world.db.batch([
      world.db.prepare(drop).bind(UID, 'lake', '', today - 9, today - 1),
      world.db.prepare(drop).bind(UID, 'event', 'Heartbeat', today - 9, today + 1),
    ]);
    expect((await selectDropped(world.db, UID).all()).results).toHaveLength(2);
    expect(await run(hook)).toEqual([{ destination: 'hook', flushes: 3 }]);
    expect(hook.taken.map(({ ids }) => ids)).toEqual([['new'], ['last']]);
  });
});
