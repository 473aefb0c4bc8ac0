// A new journey is one value in the list of kinds: routes, the API's description, scanners and answers need no other
// line.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { Buckets } from '../../../src/core/journeys/counts/buckets.ts';
import { JOURNEYS } from '../../../src/core/journeys/kinds.ts';
import { eventRows } from '../../../src/core/journeys/kit/event-rows.ts';
import type { JourneyKind } from '../../../src/core/journeys/kit/journey-kind.ts';
import { commonFields, type JourneyQuestion, parseQuestion, refuse } from '../../../src/core/journeys/kit/request.ts';
import type { Sequences } from '../../../src/core/journeys/kit/sequences.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { ok } from '../../../src/core/std/result.ts';
import { DAY, UID } from '../../lake/seal/tenant-lake.ts';
import { askingOf } from '../../support/asking.ts';
import { fakeDirectories } from '../../support/fake-directory.ts';
import { fakeApp } from '../../support/fake-services.ts';
import { scannerPool } from '../../support/scanners.ts';
import { journeyClient } from '../support/journey-client.ts';
import { lakeOfDays, RANGE } from '../support/lake-of-days.ts';

const NOW_MS = (DAY + 5) * DAY_MS;

/** Stickiness: the people by the share of the range's days on which they were active. */
const question = z.strictObject({ ...commonFields, least: z.number().min(0).max(1).default(0) });
const codes = { least: 'mode-invalid' } as const;
const answer = z.object({ days: z.int(), people: z.array(z.int()) });

interface StickinessQuestion extends JourneyQuestion {
  readonly least: number;
}

class StickinessFold {
  readonly #people: number[];
  readonly #least: number;
  readonly excess = null;

  constructor(days: number, least: number) {
    this.#people = new Array<number>(days).fill(0);
    this.#least = least;
  }

  add({ at, offsets, personCount }: Sequences): void {
    for (let person = 0; person < personCount; person++) {
      const days = new Set(at.subarray(offsets[person], offsets[person + 1])).size;
      if (days >= this.#least * this.#people.length) this.#people[days - 1]!++;
    }
  }

  finish(): z.output<typeof answer> {
    return { days: this.#people.length, people: this.#people };
  }
}

const stickiness = {
  name: 'made-up-for-this-test',
  summary: 'On how many days people are active',
  description: 'Counts the people by the days of the range on which they were active.',
  question,
  codes,
  answer,
  parse: (body: unknown, timezone: string) =>
    parseQuestion({ question, codes }, body, timezone, ({ least, groupBy }) =>
      groupBy === undefined ? ok({ own: { least } }) : refuse('group-by-invalid', '/groupBy', 'There are no groups.'),
    ),
  make(question: StickinessQuestion) {
    const buckets = new Buckets('day', question.timezone, question.startMs, question.endMs);
    const reader = eventRows(question, { groupedBy: 'person' }, (atMs) => buckets.startOf(atMs));
    return { reader, fold: new StickinessFold(buckets.count, question.least) };
  },
} as const satisfies JourneyKind<StickinessQuestion>;

const kinds = JOURNEYS as unknown as JourneyKind[];
const { scanSharedRowsMin } = LIMITS;
beforeAll(() => {
  kinds.push(stickiness);
  Object.assign(LIMITS, { scanSharedRowsMin: 1 });
});
afterAll(() => {
  kinds.pop();
  Object.assign(LIMITS, { scanSharedRowsMin });
});

async function client() {
  const lake = await lakeOfDays();
  const pool = scannerPool(lake.bucket.binding);
  const shardOf = () => {
    throw new Error('there are no shards');
  };
  const ports = { db: lake.db, lake: lake.bucket.binding, shardOf, scannerOf: pool.scannerOf };
  const { tenant } = askingOf(ports, { uid: UID, nowMs: NOW_MS });
  return { pool, ask: journeyClient({ ...ports, directoryOf: fakeDirectories(), now: () => NOW_MS }, tenant) };
}

it('a new journey is answered, beside scanners', async () => {
  const { pool, ask } = await client();
  const { status, body } = await ask('made-up-for-this-test', RANGE);
  expect(status).toBe(200);
  expect(body.days).toBe(4);
  const people = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
  const { body: active } = await ask('active', RANGE);
  expect(people(body.people)).toBe(active.people);
  expect(body.people[3]).toBeGreaterThan(0);
  expect(body.meta).toMatchObject({ pending: 0, sources: { live: { shards: 0 } } });
  expect(pool.called.length).toBeGreaterThan(0);
  const { body: half } = await ask('made-up-for-this-test', { ...RANGE, least: 0.75 });
  expect(half.people).toEqual([0, 0, ...body.people.slice(2)]);
});

it('a new journey refuses with its own codes, and is described', async () => {
  const { ask } = await client();
  const code = async (more: object) => (await ask('made-up-for-this-test', { ...RANGE, ...more })).body.code;
  expect(await code({ least: 2 })).toBe('mode-invalid');
  expect(await code({ groupBy: 'country' })).toBe('group-by-invalid');
  expect(await code({ most: 1 })).toBe('field-unknown');
  const { body: document } = await fakeApp().call('GET', '/openapi.json');
  const { post } = document.paths['/v1/query/made-up-for-this-test'];
  const { properties, required } = post.requestBody.content['application/json'].schema;
  expect(properties.least.default).toBe(0);
  expect(required).toEqual(['from', 'to']);
  expect(post.responses[200].content['application/json'].schema.properties.meta).toBeDefined();
});
