// Lake files: the sealed days of the lake's figures, as seals would write them, on disk, and their manifest.

import { l1Path } from '../../../src/lake/manifest/paths.ts';
import { packFooter } from '../../../src/lake/segment/footer.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { rowsInRange } from '../../../src/lake/spread/people-ranges.ts';
import type { LakePorts } from '../../../src/query/view/asking.ts';
import { DiskBucket } from '../../support/disk-bucket.ts';
import { fakeD1 } from '../../support/fake-d1.ts';
import { eventsOfDay, FIRST_DAY, type GeneratedPeople, people } from './lake-events.ts';

export const DAYS = 30;
export const UID = 'bench';
/** The most rows in a file of a big day. */
const FILE_ROWS_MAX = 40_000;

/** Sealed days on disk, as seals would write them. */
export class Lake {
  readonly ports: LakePorts;
  readonly bucket: DiskBucket;
  readonly files: readonly string[];
  readonly bytesAnEvent: number;

  private constructor(ports: LakePorts, bucket: DiskBucket, files: readonly string[], bytesAnEvent: number) {
    this.ports = ports;
    this.bucket = bucket;
    this.files = files;
    this.bytesAnEvent = bytesAnEvent;
  }

  static async build(folder: string, events: number): Promise<Lake> {
    const bucket = new DiskBucket(folder);
    const { db } = fakeD1();
    const perDay = Math.floor(events / DAYS);
    const fileCount = Math.ceil(perDay / FILE_ROWS_MAX);
    const shares = sharesOf(people(), fileCount);
    const files: string[] = [];
    let sizeBytes = 0;
    for (let day = FIRST_DAY; day < FIRST_DAY + DAYS; day++) {
      await db
        .prepare(
          `INSERT INTO sealed_days (uid, day, revision, covered_seq, vector, rollup_ids, events, people, drift, sealed_at_ms)
           VALUES (?1, ?2, 1, 0, '{}', '[]', ?3, 0, '{}', 0)`,
        )
        .bind(UID, day, perDay)
        .run();
      for (let file = 0; file < fileCount; file++) {
        const columns = eventsOfDay(day, Math.ceil(perDay / fileCount), shares[file]!, day * 100 + file);
        const { bytes, rowCount, atMinMs, atMaxMs, footer } = encodeSegment(columns, { order: 'l1' });
        const path = l1Path(UID, day, file, 'bench');
        await bucket.put(path, bytes);
        await db
          .prepare(
            `INSERT INTO segments (uid, day, revision, source, path, incarnation, seq_from, seq_to, row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer)
             VALUES (?1, ?2, 1, 'seal', ?3, 'bench', 0, 0, ?4, ?5, ?6, ?7, '', ?8)`,
          )
          .bind(UID, day, path, rowCount, bytes.length, atMinMs, atMaxMs, packFooter(footer))
          .run();
        files.push(bucket.path(path));
        sizeBytes += bytes.length;
      }
    }
    const shardOf = () => {
      throw new Error('This lake has no shards.');
    };
    return new Lake({ db, lake: bucket.binding, shardOf }, bucket, files, sizeBytes / (perDay * DAYS));
  }
}

/** The people of each file of a day: a file holds one range of people. */
function sharesOf({ person, names }: GeneratedPeople, fileCount: number): GeneratedPeople[] {
  const columns = { rowCount: person.length, person, keyHash: person };
  return Array.from({ length: fileCount }, (_, file) => {
    const rows = [...rowsInRange(columns, file, fileCount)];
    return { person: BigInt64Array.from(rows, (row) => person[row]!), names: rows.map((row) => names[row]!) };
  });
}
