/**
 * EventBlock: validated events for one shard in compact columnar form. It crosses the RPC and is stored in the log;
 * recovery, the sinks and lake scans of the tail read it. Layout: block-layout.ts.
 *
 * In: EventRecords of one request (one receipt time). Out: bytes that any of those readers opens without parsing JSON.
 * Invariants: a block's bytes never change; events keep their order; every text is valid UTF-16 (a lone surrogate
 * becomes U+FFFD, which has its length).
 * Refused: JSON lines (the shard and the sink would parse every event again: 3 times the CPU at the shard).
 */

import { type EventColumns, FLAG_CLAMPED } from '../event/columns.ts';
import {
  type EventRecord,
  type EventStrings,
  partitionKeyOf,
  STRING_COLUMNS,
  type StringColumn,
} from '../event/event.ts';
import { type HashColumns, writeIdHashes } from '../people/id-hashes.ts';
import type { Rollup } from '../rollup/rollup.ts';
import type { Hasher } from '../std/hash.ts';
import { assert } from '../std/result.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_MAGIC,
  type BlockHeader,
  blockOffsets,
  readBlockHeader,
  writeBlockHeader,
} from './block-layout.ts';
import {
  evaluateRollups,
  numberProperties,
  type RollupSection,
  readRollupSections,
  rollupSectionsBytes,
  writeRollupSections,
} from './block-rollups.ts';
import { isAccepted, lateBits } from './disposition.ts';
import { StringTable } from './string-table.ts';

const encoder = new TextEncoder();
/**
 * The decoder keeps a byte order mark, which is text like any other: dropping it would shift every length behind it.
 */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Columns whose texts hardly repeat within a block. */
const UNIQUE_COLUMNS: ReadonlySet<StringColumn> = new Set(['id', 'properties']);

export interface BlockInput {
  readonly receivedAtMs: number;
  /** The greatest of the times that chose an epoch of the shard map for the records (CORRECTNESS E2). */
  readonly routingAtMsMax: number;
  readonly records: readonly EventRecord[];
  readonly rollups: readonly Rollup[];
  readonly hasher: Hasher;
  /** Number of the request's events that are in no block. Its first block carries it (CORRECTNESS F1). */
  readonly tally: { readonly rejected: number; readonly quarantined: number };
}

export interface EventBlock extends BlockHeader {
  readonly bytes: Uint8Array;
  readonly at: Float64Array;
  /** Hashes as (low, high) pairs. */
  readonly idHash: Uint32Array;
  readonly person: Uint32Array;
  readonly keyHash: Uint32Array;
  /** Number columns, one after the other; NaN when absent. */
  readonly numbers: Float64Array;
  readonly flags: Uint8Array;
  readonly rollups: readonly RollupSection[];
  /** Returns all texts, which are decoded at the first use. */
  strings(): readonly string[];
}

export function encodeBlock(input: BlockInput): Uint8Array {
  const { records, rollups, hasher } = input;
  const n = records.length;
  const strings = new StringTable();
  const indexes = stringIndexes(records, strings);
  const numberCount = numberProperties(rollups).length;
  const numbers = new Float64Array(n * numberCount);
  const sections = evaluateRollups(records, rollups, strings, numbers);
  const texts = encoder.encode(strings.texts.join(''));

  const header: BlockHeader = {
    eventCount: n,
    receivedAtMs: input.receivedAtMs,
    stringCount: strings.texts.length,
    columnCount: STRING_COLUMNS.length,
    rollupCount: sections.length,
    numberCount,
    indexBytes: strings.texts.length < 0xffff ? 2 : 4,
    stringBytes: texts.length,
    routingAtMsMax: input.routingAtMsMax,
    rollupBytes: rollupSectionsBytes(sections),
    ...input.tally,
  };
  const offsets = blockOffsets(header);
  const bytes = new Uint8Array(offsets.end);
  const { buffer } = bytes;
  writeBlockHeader(new DataView(buffer), header);
  writeHashes(
    records,
    hasher,
    new Float64Array(buffer, offsets.at, n),
    new Uint32Array(buffer, offsets.idHash, 2 * n),
    { person: new Uint32Array(buffer, offsets.person, 2 * n), key: new Uint32Array(buffer, offsets.keyHash, 2 * n) },
  );
  new Float64Array(buffer, offsets.numbers, numbers.length).set(numbers);
  const lengths = new Uint32Array(buffer, offsets.stringLengths, strings.texts.length);
  for (let i = 0; i < lengths.length; i++) lengths[i] = strings.texts[i]!.length;
  writeRollupSections(bytes, offsets.rollups, sections);
  const Index = header.indexBytes === 2 ? Uint16Array : Uint32Array;
  new Index(buffer, offsets.stringIndexes, indexes.length).set(indexes);
  for (let row = 0; row < n; row++) bytes[offsets.flags + row] = records[row]!.clamped ? FLAG_CLAMPED : 0;
  bytes.set(texts, offsets.strings);
  return bytes;
}

/** Returns the string indexes, column by column. */
function stringIndexes(records: readonly EventRecord[], strings: StringTable): Uint32Array {
  const n = records.length;
  const indexes = new Uint32Array(n * STRING_COLUMNS.length);
  STRING_COLUMNS.forEach((column, c) => {
    const unique = UNIQUE_COLUMNS.has(column);
    let lastText: string | null | undefined;
    let lastIndex = 0;
    for (let row = 0; row < n; row++) {
      const text = records[row]!.strings[column];
      if (text !== lastText) {
        lastText = text;
        lastIndex = unique ? strings.append(text) : strings.intern(text);
      }
      indexes[c * n + row] = lastIndex;
    }
  });
  return indexes;
}

function writeHashes(
  records: readonly EventRecord[],
  hasher: Hasher,
  at: Float64Array,
  idHash: Uint32Array,
  columns: HashColumns,
): void {
  for (let row = 0; row < records.length; row++) {
    const record = records[row]!;
    at[row] = record.atMs;
    hasher.hash(dedupeText(record.strings, partitionKeyOf(record.strings)));
    idHash[2 * row] = hasher.low;
    idHash[2 * row + 1] = hasher.high;
    writeIdHashes(record.strings, hasher, row, columns);
  }
}

/**
 * Returns the text by which a shard knows the event again (CORRECTNESS I1): a trusted sender's id, or a browser's id together
 * with its device. No id begins with a NUL, so that no browser can make the text of a trusted one.
 */
function dedupeText({ id, sender }: EventStrings, keyText: string): string {
  return sender === 'browser' ? `\0${id.length}:${id}${keyText}` : id;
}

/** Opens a block without copying when its bytes are aligned. Throws on bytes that are not a block. */
export function openBlock(bytes: Uint8Array): EventBlock {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  assert(
    aligned.byteLength >= BLOCK_HEADER_BYTES,
    `a block has at least ${BLOCK_HEADER_BYTES} bytes, got ${bytes.byteLength}`,
  );
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  assert(view.getUint32(0, true) === BLOCK_MAGIC, 'not an EventBlock: wrong magic');
  const header = readBlockHeader(view);
  const offsets = blockOffsets(header);
  assert(offsets.end === aligned.byteLength, `a block should have ${offsets.end} bytes and has ${aligned.byteLength}`);
  const n = header.eventCount;
  const base = aligned.byteOffset;
  const buffer = aligned.buffer as ArrayBuffer;
  let texts: string[] | undefined;
  return {
    ...header,
    bytes: aligned,
    at: new Float64Array(buffer, base + offsets.at, n),
    idHash: new Uint32Array(buffer, base + offsets.idHash, 2 * n),
    person: new Uint32Array(buffer, base + offsets.person, 2 * n),
    keyHash: new Uint32Array(buffer, base + offsets.keyHash, 2 * n),
    numbers: new Float64Array(buffer, base + offsets.numbers, n * header.numberCount),
    flags: aligned.subarray(offsets.flags, offsets.flags + n),
    rollups: readRollupSections(aligned, offsets.rollups, header.rollupCount, n),
    strings() {
      texts ??= decodeTexts(
        aligned.subarray(offsets.strings, offsets.end),
        new Uint32Array(buffer, base + offsets.stringLengths, header.stringCount),
      );
      return texts;
    },
  };
}

function decodeTexts(bytes: Uint8Array, lengths: Uint32Array): string[] {
  const joined = decoder.decode(bytes);
  const texts = new Array<string>(lengths.length);
  let start = 0;
  for (let i = 0; i < lengths.length; i++) {
    const end = start + lengths[i]!;
    texts[i] = joined.slice(start, end);
    start = end;
  }
  assert(start === joined.length, `the texts of a block have ${joined.length} units, their lengths say ${start}`);
  return texts;
}

/**
 * Returns the accepted events of a block by column, in order. `dispositions` is null when all events are accepted and
 * none is late. `wanted` limits the text columns that are decoded.
 */
export function blockColumns(
  block: EventBlock,
  dispositions: Uint8Array | null,
  wanted: ReadonlySet<StringColumn> = ALL_COLUMNS,
): EventColumns {
  const n = block.eventCount;
  const rows: number[] = [];
  for (let row = 0; row < n; row++) if (dispositions === null || isAccepted(dispositions[row]!)) rows.push(row);
  const person = pairsToBigInts(block.person, rows);
  const keyHash = pairsToBigInts(block.keyHash, rows);
  const late = Uint8Array.from(
    rows,
    (row) => (dispositions === null ? 0 : lateBits(dispositions[row]!)) | block.flags[row]!,
  );
  const offsets = blockOffsets(block);
  const Index = block.indexBytes === 2 ? Uint16Array : Uint32Array;
  const indexes = new Index(
    block.bytes.buffer as ArrayBuffer,
    block.bytes.byteOffset + offsets.stringIndexes,
    n * block.columnCount,
  );
  const columns = STRING_COLUMNS.slice(0, block.columnCount).flatMap((column, c) =>
    wanted.has(column) ? [{ column, c }] : [],
  );
  const isUsed = new Uint8Array(block.stringCount);
  if (wanted !== ALL_COLUMNS) {
    for (const { c } of columns) {
      for (const row of rows) {
        const index = indexes[c * n + row]!;
        if (index !== 0) isUsed[index - 1] = 1;
      }
    }
  }
  const all = columns.length === 0 ? [] : block.strings();
  const texts = wanted === ALL_COLUMNS ? all : usedTexts(all, isUsed);
  const strings: { [column in StringColumn]?: (string | null)[] } = {};
  for (const { column, c } of columns) {
    strings[column] = rows.map((row) => {
      const index = indexes[c * n + row]!;
      return index === 0 ? null : texts[index - 1]!;
    });
  }
  return {
    rowCount: rows.length,
    at: Float64Array.from(rows, (row) => block.at[row]!),
    receivedAt: new Float64Array(rows.length).fill(block.receivedAtMs),
    person,
    keyHash,
    late,
    strings,
  };
}

/**
 * Returns texts by their index in the block; unused texts are left out. The texts of a block are slices of its whole
 * text, and each slice keeps all of it in memory. Where most of it is unused, the used texts become slices of a shorter
 * text of their own.
 */
function usedTexts(texts: readonly string[], isUsed: Uint8Array): readonly string[] {
  const used = texts.filter((_, index) => isUsed[index] === 1);
  const joined = used.join('');
  if (2 * joined.length > texts.reduce((sum, { length }) => sum + length, 0)) return texts;
  let start = 0;
  return texts.map(({ length }, index) => {
    if (isUsed[index] === 0) return '';
    start += length;
    return joined.slice(start - length, start);
  });
}

const ALL_COLUMNS: ReadonlySet<StringColumn> = new Set(STRING_COLUMNS);

function pairsToBigInts(pairs: Uint32Array, rows: readonly number[]): BigInt64Array {
  const words = new Uint32Array(rows.length * 2);
  rows.forEach((row, i) => {
    words[2 * i] = pairs[2 * row]!;
    words[2 * i + 1] = pairs[2 * row + 1]!;
  });
  return new BigInt64Array(words.buffer);
}
