/**
 * Link rows: which rows of a shard's tail have events that link ids. A question about people needs these alone, and a row is looked
 * at once, when the first such question comes.
 */
import type { EventBlock } from '../src/core/block/block.ts';
import { isLinkEvent } from '../src/core/people/find-links.ts';

export class LinkRows {
  /** Rows that were looked at, and whether they have such events. */
  readonly #known = new Map<number, boolean>();

  /** The rows of [seqFrom, seqTo) that may have link events; `blocksOf` reads one. Rows below `storedSeq` are forgotten. */
  find(
    { seqFrom, seqTo, storedSeq }: { readonly seqFrom: number; readonly seqTo: number; readonly storedSeq: number },
    blocksOf: (seq: number) => readonly EventBlock[],
  ): number[] {
    for (const seq of this.#known.keys()) if (seq < storedSeq) this.#known.delete(seq);
    const found: number[] = [];
    for (let seq = seqFrom; seq < seqTo; seq++) {
      const mayLink = this.#known.get(seq) ?? hasLinks(blocksOf(seq));
      this.#known.set(seq, mayLink);
      if (mayLink) found.push(seq);
    }
    return found;
  }
}

/** Whether the name of a type that links is among the texts of a block. Another text may be the same: such a block is given too. */
function hasLinks(blocks: readonly EventBlock[]): boolean {
  return blocks.some((block) => block.strings().some(isLinkEvent));
}
