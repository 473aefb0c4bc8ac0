/**
 * Place cells: where the cells of a sealed day lie (docs/decisions/lake/0092).
 *
 *   people by the hour     a file of the lake, which the row of the sealed day names
 *   all others             D1: of a small day one row with all rollups, which has each person once; else rows by rollup and grain
 *
 * The file is there before anything names it. Its name has the hash of the plan, because the file of the seal before goes when the
 * day is flipped; and that of its content, because another release may lay out the same cells otherwise.
 */
import { createHash } from 'node:crypto';
import { LIMITS } from '../../core/limits.ts';
import { encodeBundle } from '../../core/rollup/cell-bundle.ts';
import { encodeRollupCells } from '../../core/rollup/cell-codec.ts';
import { pack } from '../encoding/packed.ts';
import type { BundleRow, CellRow, Piece } from '../manifest/cells.ts';
import { hoursPath } from '../manifest/paths.ts';
import type { HourFile } from '../manifest/sealed-days.ts';
import type { PutBucket } from '../segment/put.ts';
import type { AdoptedPlan } from './plan-store.ts';
import { cellRows, type RollupDay } from './rollup-day.ts';

export interface PlacedCells {
  readonly hours: HourFile | null;
  /** Null when the day is too big for one row, or has no cells. */
  readonly bundle: BundleRow | null;
  /** The rows by rollup and grain; none beside a bundle. */
  readonly rows: readonly CellRow[];
}

type PlanName = Pick<AdoptedPlan, 'plan' | 'hash'>;

export async function placeCells(
  bucket: Pick<PutBucket, 'put'>,
  name: PlanName,
  rollups: readonly RollupDay[],
): Promise<PlacedCells> {
  const counted = rollups.filter(({ hours }) => !hours.isEmpty);
  if (counted.length === 0) return { hours: null, bundle: null, rows: [] };
  const hours = await putHours(bucket, name, counted);
  const dayRows = counted.flatMap(({ rollupId, day }) => cellRows({ rollupId, grain: 'day' }, day));
  const hourRows = counted.flatMap((rollup) =>
    cellRows({ rollupId: rollup.rollupId, grain: 'hour-counts' }, rollup.hours),
  );
  const bundle = bundleOf(counted, dayRows, hourRows);
  return { hours, bundle, rows: bundle === null ? [...dayRows, ...hourRows] : [] };
}

/** A writer of pieces, one after the other. */
class Pieces {
  readonly #all: Uint8Array[] = [];
  sizeBytes = 0;

  add(bytes: Uint8Array): Piece {
    const piece: Piece = [this.sizeBytes, bytes.length];
    this.#all.push(bytes);
    this.sizeBytes += bytes.length;
    return piece;
  }

  join(): Uint8Array {
    const joined = new Uint8Array(this.sizeBytes);
    let at = 0;
    for (const bytes of this.#all.splice(0)) {
      joined.set(bytes, at);
      at += bytes.length;
    }
    return joined;
  }
}

async function putHours(
  bucket: Pick<PutBucket, 'put'>,
  { plan: { uid, day }, hash }: PlanName,
  rollups: readonly RollupDay[],
): Promise<HourFile> {
  const pieces = new Pieces();
  const chunks = Object.fromEntries(
    rollups.map(({ rollupId, hours }) => {
      const encoded = encodeRollupCells(hours, { kind: 'people', sharesPeople: true });
      return [rollupId, encoded.map((chunk) => pieces.add(pack(chunk)))];
    }),
  );
  const bytes = pieces.join();
  const file = `${hash}-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
  // A name with the hash of the content is put again by a seal that is resumed, with the same bytes.
  await bucket.put(hoursPath(uid, day, file), bytes);
  return { file, chunks };
}

/** Null when the cells are not few enough. */
function bundleOf(
  rollups: readonly RollupDay[],
  dayRows: readonly CellRow[],
  hourRows: readonly CellRow[],
): BundleRow | null {
  const hasChunks = [...dayRows, ...hourRows].some(({ chunk }) => chunk > 0);
  const hourPieces = hourRows.map(({ rollupId, cells }) => ({ rollupId, bytes: pack(cells) }));
  if (hasChunks || sizeOf(dayRows) + sizeOf(hourRows) > UNSHARED_FACTOR * LIMITS.bundledCellsSizeBytesMax) return null;
  const { people, sections } = encodeBundle(rollups.map(({ day }) => day));
  const pieces = new Pieces();
  pieces.add(people);
  const day = Object.fromEntries(rollups.map(({ rollupId }, at) => [rollupId, pieces.add(pack(sections[at]!))]));
  const hourFrom = pieces.sizeBytes;
  const hour = Object.fromEntries(hourPieces.map(({ rollupId, bytes }) => [rollupId, pieces.add(bytes)]));
  if (pieces.sizeBytes > LIMITS.bundledCellsSizeBytesMax) return null;
  return { cells: pieces.join(), sections: { people: people.length, day, hour, hourFrom } };
}

/** Cells of more times the bound, each rollup with its own people and not packed, are not tried as a bundle. */
const UNSHARED_FACTOR = 8;

function sizeOf(rows: readonly CellRow[]): number {
  return rows.reduce((sum, { cells }) => sum + cells.byteLength, 0);
}
