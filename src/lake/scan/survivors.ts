/**
 * Survivors: for each event of a day the one row that counts (CORRECTNESS B7), whatever the order in which rows are fed.
 *
 * - Trusted rows (a server key's, an import's) are one event where their ids are equal: a live row counts before an imported
 *   one, then the one with the least (received_at, incarnation, seq, row).
 * - Any other rows are one event where id and partition-key hash are equal. A browser key's gives way to a counting trusted
 *   row of the same id and key. A row from before classes stays instead, because such rows have always been compared by both.
 *
 * Feed batches in the order of (incarnation, seq, row): then the first fed of two copies received at the same moment wins, and
 * only `receivedAt` is compared.
 * Ids are told apart by a 64-bit hash beside the 64-bit key hash: 24 bytes an event instead of its text. Two events of one
 * device would have to agree in 64 bits to be taken for one. The hash is under the tenant's key, because senders choose the
 * ids: chosen neighbours in the table, or ids that all fall into one part, cost minutes. What survives does not depend on it.
 *
 * A day too big to be compared at once is compared in parts. Each part takes the ids with its share of the hashes and sees all
 * copies of those, whichever person they belong to. The further copies of all parts together are the rows that do not count.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { Hasher, type HashKey } from '../../core/std/hash.ts';
import { mustProbe, pairSlot } from '../../core/std/probes.ts';
import { assert } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import {
  BROWSER,
  type CopyCounts,
  countCopy,
  IMPORT,
  isTrusted,
  noCopies,
  type SenderClass,
  senderClasses,
} from './sender-class.ts';

const EMPTY = 0;
const WORDS_PER_SLOT = 5;
/** Added to the receipt of an imported row, which so comes after every live one; half a millisecond still tells. */
const AFTER_LIVE_MS = 2 ** 44;

export interface IdPart {
  readonly index: number;
  readonly count: number;
}
const WHOLE: IdPart = { index: 0, count: 1 };

/** The ids of some rows as hashes, by column. */
export interface HashedIds {
  readonly rowCount: number;
  /** Low and high word of each. */
  readonly ids: Uint32Array;
  readonly keys: Uint32Array;
  readonly receivedAt: Float64Array;
  /** Numbers of the rows in the day, ascending. */
  readonly rows: Uint32Array;
  /** Classes of the senders. */
  readonly senders: Uint8Array;
}

export class Survivors {
  readonly #hasher: Hasher;
  /** The hash of the id at hand. */
  readonly #id = { low: 0, high: 0 };
  readonly #part: IdPart;
  /**
   * Open addressing: id hash (2), key hash (2), 1 + entry; 0 is free. A trusted id has one slot whatever the key, and there
   * the key is that of the survivor so far.
   */
  #slots: Uint32Array;
  #slotMask: number;
  /** The survivor so far of each entry: its receipt, its row and its class. */
  #receivedAt: Float64Array;
  #row: Uint32Array;
  #sender: Uint8Array;
  #entryCount = 0;
  #trustedCount = 0;
  /** A bit a row: 1 for a further copy. */
  #dropped: Uint8Array;
  #rowCount = 0;
  readonly #copies = noCopies();
  #isSettled = false;

  /** `rowCountHint`: the probable number of rows. `hashKey`: the tenant's; all parts of a day need the same. */
  constructor(rowCountHint: number, hashKey: HashKey, part: IdPart = WHOLE) {
    this.#hasher = new Hasher(hashKey);
    this.#part = part;
    const capacity = Math.max(16, Math.ceil(rowCountHint / part.count));
    const slotCount = 2 ** Math.ceil(Math.log2(capacity * 1.5));
    this.#slots = new Uint32Array(slotCount * WORDS_PER_SLOT);
    this.#slotMask = slotCount - 1;
    this.#receivedAt = new Float64Array(capacity);
    this.#row = new Uint32Array(capacity);
    this.#sender = new Uint8Array(capacity);
    this.#dropped = new Uint8Array(Math.ceil(rowCountHint / 8));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** The number of rows that are further copies. Nothing can be fed any more. */
  get copies(): Readonly<CopyCounts> {
    this.#settle();
    return this.#copies;
  }

  /** A bit a row, low bits first: 1 for a row that does not count. Nothing can be fed any more. */
  get dropped(): Uint8Array {
    this.#settle();
    return this.#dropped;
  }

  /**
   * Rows are numbered from 0 in the order they are fed, in every part alike. Needs id, key_hash and received_at, and sender
   * where the rows have it.
   */
  add(batch: EventColumns): void {
    assert(!this.#isSettled, 'survivors are asked for when every row was fed');
    const ids = batch.strings.id;
    assert(ids !== undefined && batch.receivedAt.length === batch.rowCount, 'survivors need id and received_at');
    this.#reserveRows(this.#rowCount + batch.rowCount);
    const keys = wordsOf(batch.keyHash);
    const classOf = senderClasses(batch);
    const { index, count } = this.#part;
    const hasher = this.#hasher;
    for (let i = 0; i < batch.rowCount; i++) {
      const row = this.#rowCount++;
      hasher.hash(ids[i] ?? '');
      if (hasher.high % count !== index) continue;
      this.#id.low = hasher.low;
      this.#id.high = hasher.high;
      this.#addRow(row, keys[2 * i]!, keys[2 * i + 1]!, batch.receivedAt[i]!, classOf(i));
    }
  }

  /** Feeds rows whose ids were hashed before, under the same key. All of them are of this part. */
  addHashed({ rowCount, ids, keys, receivedAt, rows, senders }: HashedIds): void {
    assert(!this.#isSettled, 'survivors are asked for when every row was fed');
    if (rowCount === 0) return;
    this.#rowCount = rows[rowCount - 1]! + 1;
    this.#reserveRows(this.#rowCount);
    for (let i = 0; i < rowCount; i++) {
      this.#id.low = ids[2 * i]!;
      this.#id.high = ids[2 * i + 1]!;
      this.#addRow(rows[i]!, keys[2 * i]!, keys[2 * i + 1]!, receivedAt[i]!, senders[i] as SenderClass);
    }
  }

  /** Adds a row whose id has the hash in `#id`. */
  #addRow(row: number, keyLow: number, keyHigh: number, receivedAtMs: number, sender: SenderClass): void {
    if (this.#entryCount === this.#receivedAt.length) this.#grow();
    const { low: idLow, high: idHigh } = this.#id;
    const at = isTrusted(sender) ? this.#findId(idLow, idHigh) : this.#findPair(idLow, idHigh, keyLow, keyHigh);
    const rank = sender === IMPORT ? receivedAtMs + AFTER_LIVE_MS : receivedAtMs;
    const slots = this.#slots;
    let entry = slots[at + 4]! - 1;
    if (entry < 0) {
      entry = this.#entryCount++;
      if (isTrusted(sender)) this.#trustedCount++;
      slots[at] = idLow;
      slots[at + 1] = idHigh;
      slots[at + 4] = entry + 1;
    } else {
      const isFirst = rank < this.#receivedAt[entry]!;
      if (isFirst) this.#dropEntry(entry);
      else this.#drop(row, sender);
      if (!isFirst) return;
    }
    slots[at + 2] = keyLow;
    slots[at + 3] = keyHigh;
    this.#receivedAt[entry] = rank;
    this.#row[entry] = row;
    this.#sender[entry] = sender;
  }

  #dropEntry(entry: number): void {
    this.#drop(this.#row[entry]!, this.#sender[entry] as SenderClass);
  }

  #drop(row: number, sender: SenderClass): void {
    this.#dropped[row >> 3] = this.#dropped[row >> 3]! | (1 << (row & 7));
    countCopy(this.#copies, sender);
  }

  /** Compares the survivors by id and key with the trusted ones, once all rows are there. */
  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (this.#trustedCount === 0 || this.#trustedCount === this.#entryCount) return;
    const slots = this.#slots;
    for (let at = 0; at < slots.length; at += WORDS_PER_SLOT) {
      const entry = slots[at + 4]! - 1;
      if (entry < 0 || isTrusted(this.#sender[entry]!)) continue;
      const trusted = this.#findId(slots[at]!, slots[at + 1]!);
      const isSameKey = slots[trusted + 2] === slots[at + 2] && slots[trusted + 3] === slots[at + 3];
      if (slots[trusted + 4] === EMPTY || !isSameKey) continue;
      this.#dropEntry(this.#sender[entry] === BROWSER ? entry : slots[trusted + 4]! - 1);
    }
  }

  /** The slot of a trusted id, or the free one where it belongs. */
  #findId(idLow: number, idHigh: number): number {
    const slots = this.#slots;
    let slot = pairSlot(idLow, idHigh) & this.#slotMask;
    for (let probes = 0; ; slot = (slot + 1) & this.#slotMask) {
      mustProbe(probes++, 'event ids');
      const at = slot * WORDS_PER_SLOT;
      if (slots[at + 4] === EMPTY) return at;
      if (slots[at] === idLow && slots[at + 1] === idHigh && isTrusted(this.#sender[slots[at + 4]! - 1]!)) return at;
    }
  }

  /** The slot of an id of one key, or the free one where it belongs. */
  #findPair(idLow: number, idHigh: number, keyLow: number, keyHigh: number): number {
    const slots = this.#slots;
    let slot = pairSlot(idLow, keyHigh) & this.#slotMask;
    for (let probes = 0; ; slot = (slot + 1) & this.#slotMask) {
      mustProbe(probes++, 'event ids');
      const at = slot * WORDS_PER_SLOT;
      if (slots[at + 4] === EMPTY) return at;
      const isSame =
        slots[at] === idLow && slots[at + 1] === idHigh && slots[at + 2] === keyLow && slots[at + 3] === keyHigh;
      if (isSame && !isTrusted(this.#sender[slots[at + 4]! - 1]!)) return at;
    }
  }

  #reserveRows(rowCount: number): void {
    const sizeBytes = Math.ceil(rowCount / 8);
    if (sizeBytes <= this.#dropped.length) return;
    const dropped = new Uint8Array(Math.max(sizeBytes, this.#dropped.length * 2));
    dropped.set(this.#dropped);
    this.#dropped = dropped;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#receivedAt.length * 1.5);
    const receivedAt = new Float64Array(capacity);
    receivedAt.set(this.#receivedAt);
    this.#receivedAt = receivedAt;
    const row = new Uint32Array(capacity);
    row.set(this.#row);
    this.#row = row;
    const sender = new Uint8Array(capacity);
    sender.set(this.#sender);
    this.#sender = sender;
    const slotCount = 2 ** Math.ceil(Math.log2(capacity * 1.5));
    if (slotCount > this.#slotMask + 1) this.#rehash(slotCount);
  }

  #rehash(slotCount: number): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(slotCount * WORDS_PER_SLOT);
    this.#slotMask = slotCount - 1;
    for (let at = 0; at < old.length; at += WORDS_PER_SLOT) {
      if (old[at + 4] === EMPTY) continue;
      const target = isTrusted(this.#sender[old[at + 4]! - 1]!)
        ? this.#findId(old[at]!, old[at + 1]!)
        : this.#findPair(old[at]!, old[at + 1]!, old[at + 2]!, old[at + 3]!);
      this.#slots.set(old.subarray(at, at + WORDS_PER_SLOT), target);
    }
  }
}

/** Whether the row's bit is set. */
export function isDropped(dropped: Uint8Array, row: number): boolean {
  return ((dropped[row >> 3]! >> (row & 7)) & 1) === 1;
}
