import { describe, expect, it } from 'vitest';
import { recentOf } from '../../durable-objects/shard-recent.ts';
import { openBlock } from '../../src/core/block/block.ts';
import { ACCEPTED } from '../../src/core/block/disposition.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { LogRow } from '../../src/core/shard/engine.ts';
import { block, record } from '../support/events.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const ADDRESS = { uid: 'u', region: 'weur', index: 0 };

/** A log of rows 0 to `headSeq`, one event and one second each; those below `storedSeq` are dropped. */
function shard(headSeq: number, storedSeq = 0, sizeBytes = 100) {
  const read: number[] = [];
  const rows = function* (seqFrom: number, seqTo: number): Generator<LogRow> {
    for (let seq = seqFrom; seq < seqTo; seq++) {
      if (seq < storedSeq) throw new Error(`row ${seq} is dropped`);
      read.push(seq);
      const receivedAtMs = NOW_MS + seq * 1_000;
      const records = [record({ id: `${seq}`, event: `${seq}`, atMs: receivedAtMs, receivedAtMs })];
      const blocks = [openBlock(block(records, { receivedAtMs }))];
      yield { seq, blocks, dispositions: [Uint8Array.of(ACCEPTED)], watermarkMs: 0, sizeBytes, checksum: 0 };
    }
  };
  const ask = (parts: object, eventsMax = 100) => {
    const reply = recentOf({ incarnation: 'i', storedSeq, headSeq }, rows, { address: ADDRESS, eventsMax, ...parts });
    return { ...reply, names: reply.events.map(({ event }) => Number(event)) };
  };
  return { ask, read };
}

describe('the latest events of a shard', () => {
  it('are those after the position of the reader, which is then at the head', () => {
    const { ask } = shard(6);
    const { names, next, gap } = ask({ from: { incarnation: 'i', seq: 4 } });
    expect([names, next, gap]).toEqual([[5, 4], { incarnation: 'i', seq: 6 }, false]);
    expect(ask({ from: next })).toMatchObject({ names: [], seconds: [], gap: false });
  });

  it('are, for a reader without a position, those since its instant, and no gap', () => {
    const { ask, read } = shard(100, 3);
    expect(ask({ sinceMs: NOW_MS + 98_000 })).toMatchObject({ names: [99, 98], gap: false });
    expect(read).toEqual([99, 98, 97]);
    expect(ask({}).names).toHaveLength(97);
  });

  it('leave a gap when rows of the reader are stored and dropped, or when the shard is another', () => {
    const { ask } = shard(6, 4);
    expect(ask({ from: { incarnation: 'i', seq: 2 } })).toMatchObject({ names: [5, 4], gap: true });
    expect(ask({ from: { incarnation: 'i', seq: 4 } })).toMatchObject({ names: [5, 4], gap: false });
    expect(ask({ from: { incarnation: 'old', seq: 5 } })).toMatchObject({ names: [5, 4], gap: true });
  });

  it('leave a gap when they are more than one reply reads', () => {
    const { ask } = shard(10, 0, LIMITS.rpcPageSizeBytesMax / 2);
    expect(ask({ from: { incarnation: 'i', seq: 5 } })).toMatchObject({ names: [9, 8], gap: true });
    expect(ask({ from: { incarnation: 'i', seq: 8 } })).toMatchObject({ names: [9, 8], gap: false });
  });
});
