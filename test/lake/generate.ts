/** Generated events by column, from a seed: the import of a shop, or texts meant to break an encoder. */
import { type EventColumns, LATE_IMPORT } from '../../src/core/event/columns.ts';
import { type Sender, STRING_COLUMNS, type StringColumn } from '../../src/core/event/event.ts';
import { DAY_MS } from '../../src/core/limits.ts';

export const START_MS = Date.UTC(2024, 0, 1);

/** A small deterministic generator (mulberry32) in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const COUNTRIES = ['United Kingdom', 'Germany', 'France', 'EIRE', 'Spain'];
const PRODUCTS = [
  'WHITE HANGING HEART T-LIGHT HOLDER',
  'REGENCY CAKESTAND 3 TIER',
  'JUMBO BAG RED RETROSPOT',
  'POSTAGE',
];

/** Rows like those of an imported shop: most columns null, JSON properties, ids that are all different. */
export function shopColumns(
  rowCount: number,
  options: { seed?: number; days?: number; firstRow?: number } = {},
): EventColumns {
  const { seed = 1, days = 11, firstRow = 0 } = options;
  const random = randomFrom(seed);
  const columns = emptyColumns(rowCount);
  const text = columns.strings as { [column in StringColumn]: (string | null)[] };
  for (let row = 0; row < rowCount; row++) {
    const person = Math.floor(random() ** 2 * 1_500);
    const country = COUNTRIES[Math.floor(random() ** 4 * COUNTRIES.length)] as string;
    const product = Math.floor(random() * 4_000);
    columns.at[row] = START_MS + Math.floor((row / rowCount) * days) * DAY_MS + Math.floor(random() * 1_440) * 60_000;
    columns.receivedAt[row] = START_MS + 400 * DAY_MS;
    columns.person[row] = person === 0 ? 0n : BigInt.asIntN(64, BigInt(person) * 0x9e3779b97f4a7c15n);
    columns.keyHash[row] = BigInt.asIntN(64, BigInt(person) * 0xbf58476d1ce4e5b9n);
    columns.late[row] = LATE_IMPORT;
    text.id[row] = `3f1c9a77e0b14d52-${firstRow + row}`;
    text.type[row] = 'track';
    text.event[row] = random() < 0.02 ? 'Order Cancelled' : 'Product Purchased';
    text.user_id[row] = person === 0 ? null : String(12_346 + person);
    text.country[row] = country;
    text.source[row] = 'import';
    text.properties[row] = JSON.stringify({
      invoice: String(536_365 + Math.floor((firstRow + row) / 21)),
      sku: `${20_000 + product}A`,
      description: PRODUCTS[product % 4],
      quantity: 1 + Math.floor(random() * 24),
      price: Math.floor(random() * 2_000) / 100,
      revenue: Math.floor(random() * 200_000) / 100,
    });
    text.context[row] = '{}';
  }
  return columns;
}

/** All columns filled with texts of every kind, including nulls. */
export function wildColumns(rowCount: number, seed: number): EventColumns {
  const random = randomFrom(seed);
  const columns = emptyColumns(rowCount);
  const text = columns.strings as { [column in StringColumn]: (string | null)[] };
  for (let row = 0; row < rowCount; row++) {
    columns.at[row] = START_MS + Math.floor(random() * 3 * DAY_MS);
    columns.receivedAt[row] = START_MS + Math.floor(random() * 5 * DAY_MS);
    columns.person[row] = random() < 0.3 ? 0n : randomHash(random);
    columns.keyHash[row] = randomHash(random);
    columns.late[row] = Math.floor(random() * 16);
    // Rows from before classes of senders: they keep the content hash that such rows have had.
    for (const column of STRING_COLUMNS) if (column !== 'sender') text[column][row] = wildText(random);
    text.id[row] = `id-${row}`;
  }
  return columns;
}

const PIECES = [
  '',
  'a',
  '\u0000',
  'é',
  'ß',
  '漢字',
  '😀',
  '\ufeff',
  '\ud83d',
  '\ude00',
  '"',
  '\n',
  'x'.repeat(300),
  '�',
];

function wildText(random: () => number): string | null {
  if (random() < 0.2) return null;
  let text = '';
  for (let count = Math.floor(random() * 4); count > 0; count--) text += PIECES[Math.floor(random() * PIECES.length)];
  return random() < 0.5 ? text : text + Math.floor(random() * 1e9).toString(36);
}

function randomHash(random: () => number): bigint {
  return BigInt.asIntN(64, (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32)));
}

export function emptyColumns(rowCount: number): EventColumns {
  const strings = Object.fromEntries(STRING_COLUMNS.map((column) => [column, new Array(rowCount).fill(null)]));
  return {
    rowCount,
    at: new Float64Array(rowCount),
    receivedAt: new Float64Array(rowCount),
    person: new BigInt64Array(rowCount),
    keyHash: new BigInt64Array(rowCount),
    late: new Uint8Array(rowCount),
    strings,
  };
}

/** Columns with one event a row, from a few fields; the other fields have defaults. */
export function columnsOf(
  rows: readonly {
    id: string;
    at?: number;
    receivedAt?: number;
    keyHash?: bigint;
    person?: bigint;
    type?: string;
    event?: string;
    sender?: Sender | null;
  }[],
): EventColumns {
  const columns = emptyColumns(rows.length);
  const text = columns.strings as { [column in StringColumn]: (string | null)[] };
  for (const [row, given] of rows.entries()) {
    const { id, at = START_MS, receivedAt = at, keyHash = 1n, person = 1n, type = 'track', event = 'e' } = given;
    text.sender[row] = given.sender ?? null;
    columns.at[row] = at;
    columns.receivedAt[row] = receivedAt;
    columns.person[row] = person;
    columns.keyHash[row] = keyHash;
    text.id[row] = id;
    text.type[row] = type;
    text.event[row] = event;
  }
  return columns;
}

/**
 * Content hash of an L0 of `wildColumns(300, 7)`, in every runtime and release. A change of it means that the format
 * has changed: equal content stored under an old name no longer counts as equal, so the new format needs its own prefix
 * in the lake.
 */
export const WILD_CONTENT_HASH = '00cb18882e8e9d89f8e3a81dd60e1f74af08ed4e04fee5c5639e93f480fcd470';
