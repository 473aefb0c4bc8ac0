// Journeys without bots: the answer is that of a question that filters the device itself, and the number of events that were left
// out is that of a count, in one pass or in several, alone or beside scanners, with or without links.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import { JOURNEYS, journeyOf } from '../../../src/core/journeys/kinds.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { hashText } from '../../../src/core/people/links.ts';
import { parseQuery } from '../../../src/core/query/question/request.ts';
import { insertLinks } from '../../../src/lake/manifest/link-store.ts';
import type { ScannerOf } from '../../../src/lake/scan/scan-task.ts';
import { readLake } from '../../../src/query/ask/lake-source.ts';
import { readJourney } from '../../../src/query/journeys/journey-source.ts';
import { DAY, type TenantLake, UID } from '../../lake/seal/tenant-lake.ts';
import { askingOf } from '../../support/asking.ts';
import { testHasher } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { apart, scannerPool } from '../../support/scanners.ts';
import { lakeOfDays, RANGE } from '../support/lake-of-days.ts';

const NOW_MS = (DAY + 5) * DAY_MS;
const NAMES = ['Product Viewed', 'Product Added', 'Order Completed'];
const STEPS = NAMES.map((event) => ({ event }));
const NOT_BOT = { property: 'column.device', op: 'neq', value: 'bot' };
const BOT = { property: 'column.device', op: 'eq', value: 'bot' };
const DEAR = { property: 'price', op: 'gt', value: 20 };

/** Bodies of journeys, with the condition of the events that they read. */
const ASKED: Readonly<Record<string, { readonly body: object; readonly reads?: object }>> = {
  funnel: { body: { steps: STEPS, windowSeconds: 86_400 }, reads: { events: NAMES } },
  retention: { body: { interval: 'day', groupBy: 'country' } },
  paths: { body: { startAt: STEPS[0], by: 'category', where: DEAR }, reads: { where: DEAR } },
  sessions: { body: { page: 'category', interval: 'day', groupBy: 'country' } },
  active: { body: { events: NAMES.slice(1) }, reads: { events: NAMES.slice(1) } },
  lifecycle: { body: { interval: 'day' } },
  frequency: { body: { of: 'hours', where: DEAR }, reads: { where: DEAR } },
};

const limits = LIMITS as { scanSharedRowsMin: number };
const { scanSharedRowsMin } = limits;
beforeEach(() => {
  limits.scanSharedRowsMin = 1;
});
afterEach(() => {
  Object.assign(limits, { scanSharedRowsMin });
});

/** Every third event is of a bot, also of people who sent others, and a copy is what the first one was. */
function withBots(columns: EventColumns): EventColumns {
  const ids = columns.strings.id!;
  const device = columns.strings.device!.map((text, row) =>
    ids[row]!.charCodeAt(ids[row]!.length - 1) % 3 ? text : 'bot',
  );
  return { ...columns, strings: { ...columns.strings, device } };
}

function asking(lake: TenantLake, scannerOf?: ScannerOf) {
  const shardOf = () => {
    throw new Error('there are no shards');
  };
  const ports = { db: lake.db, lake: apart(lake.bucket.binding), shardOf, ...(scannerOf && { scannerOf }) };
  return askingOf(ports, { uid: UID, nowMs: NOW_MS });
}

function specOf(kind: string, body: object) {
  const parsed = JOURNEYS.find(({ name }) => name === kind)!.parse({ ...RANGE, ...body }, 'UTC', NOW_MS);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { kind, question: parsed.value };
}

async function read(lake: TenantLake, spec: ReturnType<typeof specOf>, scannerOf?: ScannerOf, heldMax?: number) {
  const options = { spec, ...(heldMax && { heldMax }) };
  const reading = await readJourney<object>(asking(lake, scannerOf), journeyOf(spec), options);
  if (!reading.ok) throw new Error(reading.error.code);
  return { answer: reading.value.answer, excluded: reading.value.bots.bots?.excluded };
}

/** The number of events of bots by a count of rows. */
async function countBots(lake: TenantLake, { where, ...body }: { where?: object; events?: readonly string[] }) {
  const condition = where === undefined ? BOT : { and: [where, BOT] };
  const parsed = parseQuery({ measure: 'count', ...RANGE, ...body, where: condition }, 'UTC');
  if (!parsed.ok) throw new Error(parsed.error.message);
  const reading = await readLake(asking(lake), [parsed.value]);
  if (!reading.ok) throw new Error(reading.error.code);
  return reading.value.folds[0]!.total(0).value;
}

function linksOf(count: number) {
  const hashOf = (id: string) => {
    testHasher.hash(id);
    return hashText(testHasher.high, testHasher.low);
  };
  return Array.from({ length: count }, (_, i) => ({
    kind: 'alias' as const,
    from: hashOf(`user-${2 * i}`),
    to: hashOf(`user-${2 * i + 1}`),
    atMs: 0,
  }));
}

describe('a journey without bots', () => {
  it.each(Object.entries(ASKED))(
    'leaves out exactly the events of bots, and says how many: %s',
    async (kind, asked) => {
      const { body, reads = {} } = asked;
      const { where } = body as { where?: object };
      const without = specOf(kind, { ...body, bots: 'exclude' });
      const filtered = specOf(kind, { ...body, where: where === undefined ? NOT_BOT : { and: [where, NOT_BOT] } });
      for (const links of [0, 60]) {
        const lake = await lakeOfDays(withBots);
        if (links > 0) await lake.db.batch(insertLinks(lake.db, UID, 'a', linksOf(links)));
        const excluded = await countBots(lake, reads);
        expect(excluded).toBeGreaterThan(50);
        const { answer } = await read(lake, filtered);
        const expected = { answer, excluded };
        expect(await read(lake, without)).toEqual(expected);
        expect(await read(lake, without, scannerPool(lake.bucket.binding).scannerOf)).toEqual(expected);
        for (const heldMax of [150, 700]) {
          expect(await read(lake, without, undefined, heldMax)).toEqual(expected);
          expect(await read(lake, without, scannerPool(lake.bucket.binding).scannerOf, heldMax)).toEqual(expected);
        }
        const all = await read(lake, specOf(kind, { ...body, bots: 'include' }));
        expect(all.answer).not.toEqual(answer);
        expect(all.excluded).toBeUndefined();
      }
      expectLog('query.scanner', { message: 'Error: the share holds more events than it may' });
    },
  );
});
