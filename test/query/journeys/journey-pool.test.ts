// Journeys beside scanners: the parts that scanners return, put together, equal the answer of the query alone.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { active } from '../../../src/core/journeys/active.ts';
import { frequency } from '../../../src/core/journeys/frequency.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { funnelPeople } from '../../../src/core/journeys/funnel/funnel-people.ts';
import { type JourneySpec, journeyOf } from '../../../src/core/journeys/kinds.ts';
import type { JourneyRefusal } from '../../../src/core/journeys/kit/request.ts';
import { lifecycle } from '../../../src/core/journeys/lifecycle.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { sessions } from '../../../src/core/journeys/sessions.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { hashText } from '../../../src/core/people/links.ts';
import type { Result } from '../../../src/core/std/result.ts';
import { insertLinks } from '../../../src/lake/manifest/link-store.ts';
import type { ScannerOf } from '../../../src/lake/scan/scan-task.ts';
import { listFunnelPeople } from '../../../src/query/journeys/funnel-people.ts';
import { readJourney } from '../../../src/query/journeys/journey-source.ts';
import { eventsOfDay, people } from '../../bench/lake/lake-events.ts';
import { DAY, TenantLake, UID } from '../../lake/seal/tenant-lake.ts';
import { askingOf } from '../../support/asking.ts';
import { testHasher } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { apart, scannerPool, scannersDown } from '../../support/scanners.ts';
import { lakeOfDays, RANGE } from '../support/lake-of-days.ts';

const NOW_MS = (DAY + 5) * DAY_MS;
const STEPS = ['Product Viewed', 'Product Added', 'Order Completed'].map((event) => ({ event }));
const FUNNEL = { ...RANGE, steps: STEPS, windowSeconds: 86_400 };
const DEAR = { property: 'price', op: 'gt', value: 20 };

function must<T>(result: Result<T, JourneyRefusal>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const SPECS: Readonly<Record<string, JourneySpec>> = {
  funnel: { kind: 'funnel', question: must(funnel.parse(FUNNEL, 'UTC')) },
  'funnel by the event': {
    kind: 'funnel',
    question: must(funnel.parse({ ...FUNNEL, groupBy: 'category', where: DEAR, ties: 'non-strict' }, 'UTC')),
  },
  'funnel by the person': {
    kind: 'funnel',
    question: must(funnel.parse({ ...FUNNEL, groupBy: 'category', breakdown: 'person', order: 'any' }, 'UTC')),
  },
  'funnel of one category': {
    kind: 'funnel',
    question: must(funnel.parse({ ...FUNNEL, same: 'category', groupBy: 'country', ties: 'strict' }, 'UTC')),
  },
  retention: { kind: 'retention', question: must(retention.parse({ ...RANGE, interval: 'day' }, 'UTC', NOW_MS)) },
  'retention of a start event': {
    kind: 'retention',
    question: must(retention.parse({ ...RANGE, start: STEPS[0], interval: 'day', groupBy: 'country' }, 'UTC', NOW_MS)),
  },
  paths: {
    kind: 'paths',
    question: must(paths.parse({ ...RANGE, startAt: STEPS[0], by: 'category', groupBy: 'country' }, 'UTC')),
  },
  sessions: {
    kind: 'sessions',
    question: must(sessions.parse({ ...RANGE, page: 'category', interval: 'day', groupBy: 'device' }, 'UTC')),
  },
  active: { kind: 'active', question: must(active.parse({ ...RANGE, groupBy: 'country' }, 'UTC', NOW_MS)) },
  lifecycle: {
    kind: 'lifecycle',
    question: must(lifecycle.parse({ ...RANGE, interval: 'day', groupBy: 'category' }, 'UTC', NOW_MS)),
  },
  frequency: { kind: 'frequency', question: must(frequency.parse({ ...RANGE, of: 'hours' }, 'UTC')) },
};

const limits = LIMITS as { scanSharedRowsMin: number; scannerRowsMax: number };
const { scanSharedRowsMin, scannerRowsMax } = limits;
beforeEach(() => {
  limits.scanSharedRowsMin = 1;
});
afterEach(() => {
  Object.assign(limits, { scanSharedRowsMin, scannerRowsMax });
});

function portsOf(lake: TenantLake, scannerOf?: ScannerOf) {
  const shardOf = () => {
    throw new Error('there are no shards');
  };
  return { db: lake.db, lake: apart(lake.bucket.binding), shardOf, ...(scannerOf && { scannerOf }) };
}

const NOW = { uid: UID, nowMs: NOW_MS };

async function read(lake: TenantLake, spec: JourneySpec, scannerOf?: ScannerOf, heldMax?: number) {
  const options = { spec, ...(heldMax && { heldMax }) };
  const reading = await readJourney<object>(askingOf(portsOf(lake, scannerOf), NOW), journeyOf(spec), options);
  return reading.ok ? { answer: reading.value.answer, scanned: reading.value.scannedEvents } : reading.error;
}

describe('a journey beside scanners', () => {
  it.each(Object.entries(SPECS))('is the journey of the query alone: %s', async (_, spec) => {
    const lake = await lakeOfDays();
    const pool = scannerPool(lake.bucket.binding);
    const alone = await read(lake, spec);
    expect(JSON.stringify(alone).length).toBeGreaterThan(100);
    expect(await read(lake, spec, pool.scannerOf)).toEqual(alone);
    expect(new Set(pool.called).size).toBeGreaterThan(1);
    const reads = lake.bucket.count('get');
    expect(await read(lake, spec, pool.scannerOf)).toEqual(alone);
    expect(lake.bucket.count('get')).toBe(reads);
  });

  it.each(Object.entries(SPECS))('is the same in passes when a reader holds too much: %s', async (_, spec) => {
    const lake = await lakeOfDays();
    const whole = await read(lake, spec);
    const { answer } = whole as { answer: object };
    for (const heldMax of [150, 700, 2_000]) {
      expect(await read(lake, spec, scannerPool(lake.bucket.binding).scannerOf, heldMax)).toMatchObject({ answer });
    }
    expectLog('query.scanner', { message: 'Error: the share holds more events than it may' });
  });

  it('is the same when scanners fail, all or some', async () => {
    const lake = await lakeOfDays();
    for (const spec of Object.values(SPECS)) {
      const whole = await read(lake, spec);
      expect(await read(lake, spec, scannersDown)).toEqual(whole);
      const pool = scannerPool(lake.bucket.binding);
      const some: ScannerOf = (uid, index) => (index === 2 ? pool.scannerOf : scannersDown)(uid, index);
      expect(await read(lake, spec, some)).toEqual(whole);
    }
    expectLog('query.scanner', { message: 'Error: overloaded' });
  });

  it('follows links, in one pass or in several', async () => {
    const lake = await lakeOfDays();
    const hashOf = (id: string) => {
      testHasher.hash(id);
      return hashText(testHasher.high, testHasher.low);
    };
    const before = await read(lake, SPECS.funnel!);
    const links = Array.from({ length: 60 }, (_, i) => ({
      kind: 'alias' as const,
      from: hashOf(`user-${2 * i}`),
      to: hashOf(`user-${2 * i + 1}`),
      atMs: 0,
    }));
    await lake.db.batch(insertLinks(lake.db, UID, 'a', links));
    for (const [name, spec] of Object.entries(SPECS)) {
      const whole = (await read(lake, spec)) as { answer: object };
      if (name === 'funnel') expect(whole.answer).not.toEqual((before as { answer: object }).answer);
      const pool = scannerPool(lake.bucket.binding);
      expect(await read(lake, spec, pool.scannerOf), name).toEqual(whole);
      expect(pool.called.length).toBeGreaterThan(0);
      for (const heldMax of [300, 1_500]) {
        expect(await read(lake, spec, scannerPool(lake.bucket.binding).scannerOf, heldMax), name).toMatchObject({
          answer: whole.answer,
        });
      }
    }
    expectLog('query.scanner', { message: 'Error: the share holds more events than it may' });
  });

  it('is read by the query where one share has most of what may be held, in as many passes as without scanners', async () => {
    const lake = new TenantLake();
    const known = people(100);
    for (const index of [0, 1, 2]) {
      await lake.flushColumns('a', index, index + 1, eventsOfDay(DAY + index, 400, known));
      await lake.seal(DAY + index);
    }
    // An unsealed day is one share; one person has nearly all of its events.
    const loud = eventsOfDay(DAY + 3, 1_000, known);
    loud.person.fill(loud.person[0]!, 0, 900);
    await lake.flushColumns('a', 3, 4, loud);
    const spec = SPECS.sessions!;
    for (const heldMax of [2_700, 1_300]) {
      const alone = await read(lake, spec, undefined, heldMax);
      expect(alone).toHaveProperty('answer');
      expect(await read(lake, spec, scannerPool(lake.bucket.binding).scannerOf, heldMax)).toEqual(alone);
    }
    expectLog('query.scanner', { message: 'Error: the share holds more events than it may' });
  });

  it('does not keep the texts of a part once there are too many', async () => {
    const lake = await lakeOfDays();
    const { queryGroupsMax } = LIMITS;
    Object.assign(limits, { queryGroupsMax: 50 });
    const question = must(sessions.parse({ ...RANGE, page: 'id' }, 'UTC'));
    const spec: JourneySpec = { kind: 'sessions', question };
    const journey = journeyOf(spec);
    const pool = scannerPool(lake.bucket.binding);
    const reading = await readJourney(askingOf(portsOf(lake, pool.scannerOf), NOW), journey, { spec });
    Object.assign(limits, { queryGroupsMax });
    expect(reading).toMatchObject({ ok: false, error: { code: 'query-too-large' } });
    // There are several shares with hundreds of pages each. Only the texts of the first part that exceeds the bound are
    // kept.
    expect(pool.called.length).toBeGreaterThan(2);
    expect(journey.reader.labels!.texts.count).toBeLessThan(700);
  });

  it('lists the same people of a step, page by page', async () => {
    const lake = await lakeOfDays();
    const question = must(funnelPeople.parse({ ...FUNNEL, step: 2, limit: 7 }, 'UTC'));
    const pages = async (scannerOf?: ScannerOf) => {
      const people: string[] = [];
      for (let after: bigint | null = null; ; ) {
        const page = await listFunnelPeople(askingOf(portsOf(lake, scannerOf), NOW), question, { after });
        if (!page.ok) throw new Error(page.error.message);
        const { people: found, cursor } = page.value.answer;
        people.push(...found.map(({ person }) => person));
        if (cursor === null) return people;
        after = BigInt.asIntN(64, BigInt(`0x${cursor}`));
      }
    };
    const alone = await pages();
    expect(alone.length).toBeGreaterThan(14);
    expect(await pages(scannerPool(lake.bucket.binding).scannerOf)).toEqual(alone);
  });

  it('is refused when a share is over its budget, instead of answered with less', async () => {
    const lake = await lakeOfDays();
    let nowMs = 0;
    const slow = scannerPool(lake.bucket.binding, () => (nowMs += LIMITS.scannerBudgetMs));
    expect(await read(lake, SPECS.funnel!, slow.scannerOf)).toMatchObject({ code: 'query-too-large' });
  });
});
