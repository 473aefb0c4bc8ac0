// Lake seal: stores one day as flushes of three shards on disk, seals it task by task in this process, and prints time
// and memory as JSON. A run under `node --max-old-space-size=100` shows that no task holds more than one range of
// people.
//
//   node --max-old-space-size=100 test/bench/lake/lake-seal.ts '{"folder":"/tmp/x","flushes":100,"rows":10000}'

import { DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import { storeFlush } from '../../../src/lake/manifest/flushes.ts';
import { l0Path } from '../../../src/lake/manifest/paths.ts';
import { readScanPlan } from '../../../src/lake/manifest/segments.ts';
import { sealDay, sealTask } from '../../../src/lake/seal/seal-day.ts';
import { concatColumns, selectRows } from '../../../src/lake/segment/columns.ts';
import { putSegment } from '../../../src/lake/segment/put.ts';
import { SegmentCache } from '../../../src/lake/segment/segment-cache.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { DiskBucket } from '../../support/disk-bucket.ts';
import { fakeD1 } from '../../support/fake-d1.ts';
import { eventsOfDay, FIRST_DAY, people } from './lake-events.ts';

export interface SealOrder {
  readonly folder: string;
  readonly flushes: number;
  readonly rows: number;
  /** The number of people. With 1, all events are in one range of people, which cannot be divided. */
  readonly people?: number;
}
export interface SealReport {
  readonly events: number;
  readonly people: number;
  readonly duplicates: number;
  readonly rest: number;
  readonly tasks: number;
  readonly sealMs: number;
  readonly cpuMs: number;
  readonly slowestTaskMs: number;
  readonly bytesAnEvent: number;
  readonly peakBytes: number;
  readonly rowsMax: number;
}

const UID = 'bench';
/** Each flush repeats this many events of the flush before it, like a retry that reached another shard. */
const COPIES = 100;

const order = JSON.parse(process.argv[2] ?? '{}') as SealOrder;
const bucket = new DiskBucket(order.folder);
const { db } = fakeD1();
const nowMs = (FIRST_DAY + 2) * 86_400_000;
const known = people(order.people);

async function store(): Promise<void> {
  let last = null;
  for (let i = 0; i < order.flushes; i++) {
    const fresh = eventsOfDay(FIRST_DAY, order.rows, known, i + 1);
    const copies = Uint32Array.from({ length: COPIES }, (_, row) => row);
    const columns = last === null ? fresh : concatColumns([fresh, selectRows(last, copies)]);
    last = fresh;
    const flush = { incarnation: `shard-${i % 3}`, seqFrom: Math.floor(i / 3), seqTo: Math.floor(i / 3) + 1 };
    const encoded = encodeSegment(columns, { order: 'l0' });
    const path = l0Path(UID, flush.incarnation, flush.seqFrom, flush.seqTo);
    const put = await putSegment(bucket.binding, path, encoded);
    const tally = {
      received: columns.rowCount,
      accepted: columns.rowCount,
      duplicate: 0,
      quarantined: 0,
      rejected: 0,
      clamped: 0,
    };
    await storeFlush(db, {
      uid: UID,
      flush,
      checksum: '',
      tally,
      corrections: 0,
      rollupIds: [],
      parts: [],
      segment: { path, encoded, ...put },
      nowMs,
    });
  }
}

await store();
let tasks = 0;
let slowestTaskMs = 0;
let peakBytes = 0;
const startedAtMs = performance.now();
const cpuBefore = process.cpuUsage();
for (;;) {
  const deps = {
    db,
    hashKey: [1, 2, 3, 4] as const,
    bucket: bucket.binding,
    cache: new SegmentCache(bucket.binding),
    now: () => nowMs,
    holder: 'h',
  };
  const result = await sealDay(deps, UID, FIRST_DAY, DEFAULT_ROLLUPS);
  if (result.status !== 'tasks') break;
  // The tasks of one batch of messages share a segment cache, as in the consumer.
  for (const task of result.tasks) {
    const taskAtMs = performance.now();
    await sealTask(deps, UID, FIRST_DAY, task);
    slowestTaskMs = Math.max(slowestTaskMs, performance.now() - taskAtMs);
    peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
    tasks++;
  }
}
const sealMs = performance.now() - startedAtMs;
const { user, system } = process.cpuUsage(cpuBefore);
const { days, segments } = await readScanPlan(db, { uid: UID, dayFrom: FIRST_DAY, dayTo: FIRST_DAY });
const day = days[0];
if (day === undefined) throw new Error('The day was not sealed.');
const sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
const report: SealReport = {
  events: day.events,
  people: day.people,
  duplicates: day.drift.duplicates,
  rest: day.drift.rest,
  tasks,
  sealMs,
  cpuMs: (user + system) / 1_000,
  slowestTaskMs,
  bytesAnEvent: sizeBytes / day.events,
  peakBytes,
  rowsMax: Math.max(...segments.map(({ rowCount }) => rowCount)),
};
console.log(JSON.stringify(report));
