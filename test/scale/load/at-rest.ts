// At rest: the bytes of D1, at full scale, and the flushes' files that are still in the lake.

import type { World } from '../../sim/world/world.ts';
import type { Usages } from '../platform/limits.ts';

export interface AtRest {
  readonly d1Bytes: number;
  readonly d1BytesPerEvent: number;
  readonly d1BytesByTable: readonly (readonly [string, number])[];
  /** Files of flushes that no late event needs: those with events of `waitingEvents` stay until these are sealed. */
  readonly l0Files: number;
  /** Events of all sealed days, at full scale. */
  readonly sealedEvents: number;
  /** Late events of sealed days whose next seal is not due yet: it waits for more of them, or for the day to age. */
  readonly waitingEvents: number;
  readonly lakeBytesPerEvent: number;
}

/** The tables with a column of cells, whose bytes are an N-th of their full size. */
const CELL_TABLES = ['parts', 'sealed_cells'];

function one(world: World, sql: string): number {
  const [row] = world.database.select(sql, []) as { value: number | null }[];
  return row?.value ?? 0;
}

/** Bytes of the pages in use, with the cells at full size. */
export function bytesInUse(world: World, scale: number): number {
  const pages = one(world, 'SELECT page_count AS value FROM pragma_page_count');
  const free = one(world, 'SELECT freelist_count AS value FROM pragma_freelist_count');
  const pageSize = one(world, 'SELECT page_size AS value FROM pragma_page_size');
  return (pages - free) * pageSize + (scale - 1) * cellBytes(world);
}

function cellBytes(world: World): number {
  return CELL_TABLES.reduce(
    (sum, table) => sum + one(world, `SELECT sum(octet_length(cells)) AS value FROM ${table}`),
    0,
  );
}

/** The length of a long value is read without the value: `octet_length` goes by the head of its row. */
export function noteSizes(world: World, usages: Usages, scale: number): void {
  usages.note('D1: size of the database', bytesInUse(world, scale), '');
  for (const table of CELL_TABLES) {
    const longest = one(world, `SELECT max(octet_length(cells)) AS value FROM ${table}`);
    usages.note('D1: size of a row', longest * scale, table);
  }
  usages.note('D1: size of a row', one(world, 'SELECT max(octet_length(footer)) AS value FROM segments'), 'segments');
  usages.note('D1: size of a row', one(world, 'SELECT max(octet_length(plan)) AS value FROM seal_plans'), 'seal_plans');
}

export function measureAtRest(
  world: World,
  { scale, events, bytesBefore }: { readonly scale: number; readonly events: number; readonly bytesBefore: number },
): AtRest {
  const d1Bytes = bytesInUse(world, scale) - bytesBefore;
  const keys = world.bucket.keys();
  const rows = world.database.select(
    `SELECT DISTINCT s.path FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
     JOIN sealed_days d ON d.uid = sd.uid AND d.day = sd.day WHERE sd.manifest_seq > d.covered_seq`,
    [],
  ) as { path: string }[];
  const waiting = new Set(rows.map(({ path }) => path));
  return {
    d1Bytes,
    d1BytesPerEvent: d1Bytes / events,
    d1BytesByTable: bytesByTable(world, scale),
    sealedEvents: scale * one(world, "SELECT sum(events) AS value FROM sealed_days WHERE uid NOT LIKE 'b%'"),
    waitingEvents:
      scale *
      one(
        world,
        `SELECT sum(row_count) AS value FROM dirty_days WHERE uid NOT LIKE 'b%' AND due_at_ms > ${world.nowMs}`,
      ),
    l0Files: keys.filter((key) => key.includes('/l0/') && !waiting.has(key)).length,
    lakeBytesPerEvent: (world.bucket.sizeBytes * scale) / events,
  };
}

function bytesByTable(world: World, scale: number): [string, number][] {
  const columns = world.database.select(
    `SELECT t.name AS "table", group_concat('octet_length(' || c.name || ')', ' + ') AS sizes
     FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' GROUP BY 1`,
    [],
  ) as { table: string; sizes: string }[];
  return columns
    .map(({ table, sizes }): [string, number] => {
      const coalesced = sizes.replaceAll(/octet_length\((\w+)\)/g, 'coalesce(octet_length("$1"), 0)');
      const more = CELL_TABLES.includes(table)
        ? (scale - 1) * one(world, `SELECT sum(octet_length(cells)) AS value FROM ${table}`)
        : 0;
      return [table, one(world, `SELECT sum(${coalesced}) AS value FROM ${table}`) + more];
    })
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a);
}
