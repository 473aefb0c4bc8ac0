/**
 * Repeats: the rows of a version whose id an earlier chunk has, under whatever day or device. The finish leaves them out of
 * the files that wait, before anybody reads them; the first in the file stays (CORRECTNESS I3).
 *
 * steps: the ids of each chunk, a share of all hashes at a time → the ids that came before, by chunk → those chunks' files
 *   anew
 *
 * A finish that was killed begins again, and finds the same repeats: a file without them is left as it is.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Hasher } from '../../core/std/hash.ts';
import { HashIndex, NOT_FOUND } from '../../core/std/hash-index.ts';
import { concatColumns, selectRows } from '../segment/columns.ts';
import { allRows, keep } from '../segment/rows.ts';
import { readSegment } from '../segment/segment-read.ts';
import { ALL_LAKE_COLUMNS } from '../segment/segment-schema.ts';
import { bytesSource } from '../segment/source.ts';
import { pause } from '../std/pause.ts';
import type { WaitingSegment } from './chunk-store.ts';
import { wordsOfIdFile } from './id-file.ts';

export interface RepeatDeps {
  readonly lake: Pick<R2Bucket, 'get'>;
  readonly hasher: Hasher;
  /** Puts the rows that stay in the place of the chunk's file; null when none stays. */
  readonly replace: (waiting: WaitingSegment, rows: EventColumns | null) => Promise<void>;
}

/** Leaves out the repeats of a version. Returns their number. */
export async function leaveOutRepeats(waiting: readonly WaitingSegment[], deps: RepeatDeps): Promise<number> {
  const repeats = await findRepeats(waiting, deps.lake);
  let count = 0;
  for (const [segment, ids] of repeats) {
    count += ids.size;
    const before = await readWhole(deps.lake, segment);
    const after = withoutIds(before, ids, deps.hasher);
    if (after.rowCount < before.rowCount) await deps.replace(segment, after.rowCount === 0 ? null : after);
    await pause();
  }
  return count;
}

/** Chunk → the hashes of its ids that an earlier chunk has. */
async function findRepeats(
  waiting: readonly WaitingSegment[],
  lake: RepeatDeps['lake'],
): Promise<Map<WaitingSegment, HashIndex>> {
  const compared = waiting.filter(({ idsPath }) => idsPath !== null);
  const repeats = new Map<WaitingSegment, HashIndex>();
  if (compared.length < 2) return repeats;
  const rowCount = compared.reduce((sum, { rowCount }) => sum + rowCount, 0);
  const shareCount = Math.ceil(rowCount / LIMITS.importIdsComparedMax);
  for (let share = 0; share < shareCount; share++) {
    const seen = new HashIndex(Math.ceil(rowCount / shareCount));
    for (const segment of compared) {
      const words = wordsOfIdFile(await bytesOf(lake, segment.idsPath!));
      for (let at = 0; at < words.length; at += 2) {
        const [high, low] = [words[at]!, words[at + 1]!];
        // The high word chooses the share, for the low one chooses the place in the index.
        if (high % shareCount !== share) continue;
        const known = seen.size;
        if (seen.add(high, low) === known) continue;
        const ids = repeats.get(segment) ?? new HashIndex();
        repeats.set(segment, ids);
        ids.add(high, low);
      }
      await pause();
    }
  }
  return repeats;
}

function withoutIds(columns: EventColumns, ids: HashIndex, hasher: Hasher): EventColumns {
  const rows = keep(allRows(columns.rowCount), (row) => {
    hasher.hash(columns.strings.id![row]!);
    return ids.find(hasher.high, hasher.low) === NOT_FOUND;
  });
  return rows.length === columns.rowCount ? columns : selectRows(columns, rows);
}

async function readWhole(lake: RepeatDeps['lake'], { path }: WaitingSegment): Promise<EventColumns> {
  const source = bytesSource(new Uint8Array(await bytesOf(lake, path)));
  const batches: EventColumns[] = [];
  for await (const columns of readSegment(source, { columns: ALL_LAKE_COLUMNS })) batches.push(columns);
  return concatColumns(batches);
}

async function bytesOf(lake: RepeatDeps['lake'], path: string): Promise<ArrayBuffer> {
  const object = await lake.get(path);
  if (object === null) throw new Error(`${path} waits for the finish of an import and is gone: try again`);
  return object.arrayBuffer();
}
