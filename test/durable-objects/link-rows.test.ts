import { describe, expect, it } from 'vitest';
import { LinkRows } from '../../durable-objects/link-rows.ts';
import type { EventBlock } from '../../src/core/block/block.ts';

function tail(textsOf: Readonly<Record<number, readonly string[]>>) {
  const read: number[] = [];
  const rows = new LinkRows();
  const find = (seqFrom: number, seqTo: number, storedSeq = seqFrom) =>
    rows.find({ seqFrom, seqTo, storedSeq }, (seq) => {
      read.push(seq);
      return (textsOf[seq] ?? []).map((text) => ({ strings: () => ['track', text] }) as unknown as EventBlock);
    });
  return { read, find };
}

describe('rows with events that link ids', () => {
  it('are those with the name of such a type, in any block', () => {
    const { find } = tail({ 4: ['page', 'identify'], 5: ['page'], 6: ['alias'], 8: ['identifying'] });
    expect(find(3, 9)).toEqual([4, 6]);
  });

  it('are looked for once', () => {
    const { find, read } = tail({ 4: ['identify'], 9: ['alias'] });
    find(3, 6);
    expect(find(3, 10)).toEqual([4, 9]);
    expect(read).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it('are forgotten once they are stored', () => {
    const { find, read } = tail({ 4: ['identify'] });
    find(3, 6);
    expect(find(5, 6)).toEqual([]);
    read.length = 0;
    expect(find(4, 6)).toEqual([4]);
    expect(read).toEqual([4]);
  });
});
