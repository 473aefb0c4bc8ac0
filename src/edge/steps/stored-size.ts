/**
 * Stored size: the size that the events of a request come to, which may be many times the size of its body: a context that
 * the request says once is laid over every event's own, and a page's address is stored again as path and campaign.
 *
 * It is counted twice: in characters while the events are validated, so that they never fill the memory, then in bytes of
 * the blocks to be sent. Beyond the limit no shard is sent anything. The refusal is for good; a shard's own bounds would
 * ask for a retry for ever.
 */
import type { EventRecord } from '../../core/event/event.ts';
import { LIMITS } from '../../core/limits.ts';
import { refuse } from '../request/refusal.ts';

export class StoredSize {
  readonly #max: number;
  #size = 0;
  #lastContext: string | null | undefined = null;

  constructor(sizeBytesMax: number = LIMITS.requestStoredSizeBytesMax) {
    this.#max = sizeBytesMax;
  }

  /** Counts a context once for neighbours that share its text. Throws `events-too-large`. */
  addRecord({ strings: { properties, context } }: EventRecord): void {
    let size = properties?.length ?? 0;
    if (context !== this.#lastContext) {
      this.#lastContext = context;
      size += context?.length ?? 0;
    }
    this.add(size);
  }

  /** Adds a size. Throws `events-too-large` beyond the limit. */
  add(size: number): void {
    this.#size += size;
    if (this.#size <= this.#max) return;
    const extra = { limit: this.#max, met: this.#size };
    const detail = `All events of a request may come to ${extra.limit} bytes, these have ${extra.met} or more.`;
    throw refuse({ code: 'events-too-large', detail, extra });
  }
}
