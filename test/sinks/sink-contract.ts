// The contract of src/sinks/sink.ts as tests: every transactional sink runs them.

import { expect, it } from 'vitest';
import { InvariantError } from '../../src/core/std/result.ts';
import { firstPage, type PulledFlush, pullFlush } from '../../src/sinks/pull.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { TestShard } from '../query/support/world.ts';
import { block, NOON_MS, record } from '../support/events.ts';

export interface SinkUnderTest {
  readonly sink: Sink;
  /** Everything that the sink has stored, in a form that can be compared. */
  readonly contents: () => unknown;
  /** The number of calls that the sink has made to its stores. */
  readonly calls: () => number;
  readonly failAt: (call: number | null) => void;
}

export function sinkContract(make: () => SinkUnderTest): void {
  it('changes nothing when it gets an equal flush again', async () => {
    const { sink, contents } = make();
    const flush = await pulled();
    const stored = await sink.store(flush);
    expect(stored).toEqual({ rowCount: 2, sizeBytes: expect.any(Number) });
    const before = contents();
    expect(await sink.store(await pulled())).toEqual(stored);
    expect(contents()).toEqual(before);
  });

  it('stores an equal flush once when two calls run at the same time', async () => {
    const { sink, contents } = make();
    const other = make();
    await Promise.all([sink.store(await pulled()), sink.store(await pulled())]);
    await other.sink.store(await pulled());
    expect(contents()).toEqual(other.contents());
  });

  it('refuses a flush with the same start and another checksum, and changes nothing', async () => {
    const { sink, contents } = make();
    const flush = await pulled();
    await sink.store(flush);
    const before = contents();
    await expect(sink.store({ ...flush, checksum: 'other' })).rejects.toThrow(InvariantError);
    expect(contents()).toEqual(before);
  });

  it('may be called again after it failed at any call to its stores', async () => {
    const whole = make();
    await whole.sink.store(await pulled());
    expect(whole.calls()).toBeGreaterThan(1);
    for (let call = 1; call <= whole.calls(); call++) {
      const { sink, contents, failAt } = make();
      failAt(call);
      await expect(sink.store(await pulled())).rejects.toThrow('lost');
      failAt(null);
      await sink.store(await pulled());
      expect(contents()).toEqual(whole.contents());
    }
  });

  it('stores the accounts of a flush without events', async () => {
    const { sink, contents } = make();
    const before = contents();
    expect(await sink.store(await pulled(0))).toEqual({ rowCount: 0, sizeBytes: 0 });
    expect(contents()).not.toEqual(before);
  });
}

/** A flush of some events with one rejected event; the same each time. */
async function pulled(eventCount = 2): Promise<PulledFlush> {
  const shard = new TestShard(0);
  const records = Array.from({ length: eventCount }, (_, i) => record({ id: `e${i}`, anonymous_id: `p${i}` }));
  shard.append(block(records, { receivedAtMs: NOON_MS, rejected: 1 }));
  shard.engine.cut();
  const first = await firstPage(shard, shard.address);
  const flush = await pullFlush(shard, shard.address, first!);
  if (flush === 'gone') throw new Error(flush);
  return flush;
}
