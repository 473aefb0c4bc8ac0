// Scanners do not know links: the query applies the links to the people that scanners return.

import { describe, expect, it } from 'vitest';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { hashText } from '../../../src/core/people/links.ts';
import { rankSeries } from '../../../src/core/query/fold/answer.ts';
import { parseQuery } from '../../../src/core/query/question/request.ts';
import { insertLinks } from '../../../src/lake/manifest/link-store.ts';
import type { ScannerOf } from '../../../src/lake/scan/scan-task.ts';
import { readLake } from '../../../src/query/ask/lake-source.ts';
import { eventsOfDay, people } from '../../bench/lake/lake-events.ts';
import { DAY, TenantLake, UID } from '../../lake/seal/tenant-lake.ts';
import { askingOf } from '../../support/asking.ts';
import { testHasher } from '../../support/events.ts';
import { scannerPool } from '../../support/scanners.ts';

const limits = LIMITS as { scanSharedRowsMin: number };
const PEOPLE = 40;
const RANGE = { from: new Date(DAY * DAY_MS).toISOString(), to: new Date((DAY + 2) * DAY_MS).toISOString() };

function hashOf(id: string): string {
  testHasher.hash(id);
  return hashText(testHasher.high, testHasher.low);
}

async function answer(lake: TenantLake, body: object, scannerOf?: ScannerOf) {
  const query = parseQuery({ ...RANGE, ...body }, 'UTC');
  if (!query.ok) throw new Error(query.error.message);
  const shardOf = () => {
    throw new Error('there are no shards');
  };
  const ports = { db: lake.db, lake: lake.bucket.binding, shardOf, ...(scannerOf && { scannerOf }) };
  const reading = await readLake(askingOf(ports, { uid: UID, nowMs: lake.nowMs }), [query.value]);
  if (!reading.ok) throw new Error(reading.error.message);
  return rankSeries(query.value, reading.value.folds[0]!).series;
}

describe('people counted by scanners', () => {
  it('are those of the links', async () => {
    const lake = new TenantLake();
    for (const index of [0, 1]) {
      await lake.flushColumns('a', index, index + 1, eventsOfDay(DAY + index, 600, people(PEOPLE)));
      await lake.seal(DAY + index);
    }
    const pool = scannerPool(lake.bucket.binding);
    const questions = [
      { measure: 'users' },
      { measure: 'users', interval: 'day', groupBy: ['country'] },
      { measure: 'groups' },
    ];
    const { scanSharedRowsMin } = limits;
    limits.scanSharedRowsMin = 1;
    expect((await answer(lake, { measure: 'users' }, pool.scannerOf))[0]!.total).toBe(PEOPLE);
    const links = Array.from({ length: 10 }, (_, i) => ({
      kind: 'alias' as const,
      from: hashOf(`user-${2 * i}`),
      to: hashOf(`user-${2 * i + 1}`),
      atMs: 0,
    }));
    await lake.db.batch(insertLinks(lake.db, UID, 'a', links));
    for (const question of questions) {
      expect(await answer(lake, question, pool.scannerOf)).toEqual(await answer(lake, question));
    }
    expect((await answer(lake, { measure: 'users' }, pool.scannerOf))[0]!.total).toBe(PEOPLE - 10);
    expect(pool.called.length).toBeGreaterThan(0);
    limits.scanSharedRowsMin = scanSharedRowsMin;
  });
});
