import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { ALL_PEOPLE } from '../../../src/core/people/high-range.ts';
import type { PeopleSpan } from '../../../src/lake/segment/people-bounds.ts';
import { Passes } from '../../../src/query/journeys/journey-passes.ts';
import { readJourney } from '../../../src/query/journeys/journey-source.ts';
import { eventsOfDay, people } from '../../bench/lake/lake-events.ts';
import { DAY, TenantLake, UID } from '../../lake/seal/tenant-lake.ts';
import { askingOf } from '../../support/asking.ts';
import { lakeOfDays, RANGE } from '../support/lake-of-days.ts';

const NOW_MS = (DAY + 5) * DAY_MS;
const STEPS = ['Product Viewed', 'Product Added', 'Order Completed'].map((event) => ({ event }));

const word = fc.integer({ min: ALL_PEOPLE.from, max: ALL_PEOPLE.to });
const span = fc
  .tuple(word, word, fc.integer({ min: 1, max: 10_000 }))
  .map(([a, b, rowCount]): PeopleSpan => ({ from: Math.min(a, b), to: Math.max(a, b), rowCount }));

describe('passes', () => {
  it('take each person once, whatever the row groups', () => {
    const property = fc.property(
      fc.array(span, { maxLength: 30 }),
      fc.integer({ min: 1, max: 20_000 }),
      (spans, max) => {
        const passes = new Passes(spans, max);
        let from = ALL_PEOPLE.from;
        for (let pass = 0; pass < 50 && from <= ALL_PEOPLE.to; pass++) {
          const to = passes.endFrom(from, ALL_PEOPLE.to);
          expect(to).toBeGreaterThanOrEqual(from);
          expect(to).toBeLessThanOrEqual(ALL_PEOPLE.to);
          from = to + 1;
        }
      },
    );
    fc.assert(property);
  });

  it('end where no file goes on', () => {
    const stretch = 2 ** 29;
    const spans = Array.from({ length: 30 }, (_, day) =>
      Array.from({ length: 8 }, (_, file) => ({
        from: ALL_PEOPLE.from + file * stretch + day,
        to: ALL_PEOPLE.from + (file + 1) * stretch - 1 - day,
        rowCount: 1_000,
      })),
    ).flat();
    const passes = new Passes(spans, 100_000);
    expect(passes.endFrom(ALL_PEOPLE.from, ALL_PEOPLE.to)).toBe(ALL_PEOPLE.from + 3 * stretch - 1);
    expect(passes.endFrom(ALL_PEOPLE.from + 3 * stretch, ALL_PEOPLE.to)).toBe(ALL_PEOPLE.from + 6 * stretch - 1);
    expect(passes.endFrom(ALL_PEOPLE.from + 6 * stretch, ALL_PEOPLE.to)).toBe(ALL_PEOPLE.to);
  });

  it('take more people when of those so far little was held', () => {
    const passes = new Passes([{ ...ALL_PEOPLE, rowCount: 100_000 }], 10_000);
    const to = passes.endFrom(ALL_PEOPLE.from, ALL_PEOPLE.to);
    expect((to - ALL_PEOPLE.from) / 2 ** 32).toBeCloseTo(0.09);
    passes.learn({ from: ALL_PEOPLE.from, to }, 900);
    expect((passes.endFrom(to + 1, ALL_PEOPLE.to) - to) / 2 ** 32).toBeCloseTo(0.9);
  });
});

function must<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function portsOf(lake: TenantLake, onRead: (sizeBytes: number) => void = () => {}) {
  const bucket = lake.bucket.binding;
  const get = (path: string, options: { range: { length: number } }) => {
    onRead(options.range.length);
    return bucket.get(path, options);
  };
  const shardOf = () => {
    throw new Error('there are no shards');
  };
  return { db: lake.db, lake: { get } as unknown as R2Bucket, shardOf };
}

const NOW = { uid: UID, nowMs: NOW_MS };

describe('a journey in passes', () => {
  it('gives the answer of one pass, over days that are sealed, dirty and in flushes', async () => {
    const ports = portsOf(await lakeOfDays());
    const journeys = [
      () =>
        funnel.make(must(funnel.parse({ ...RANGE, steps: STEPS, windowSeconds: 86_400, groupBy: 'country' }, 'UTC'))),
      () => retention.make(must(retention.parse({ ...RANGE, start: STEPS[0], interval: 'day' }, 'UTC', NOW_MS))),
    ];
    for (const make of journeys) {
      const ask = async (heldMax: number) =>
        must(await readJourney<object>(askingOf(ports, NOW), make(), { heldMax })).answer;
      const whole = await ask(1_000_000);
      for (const heldMax of [150, 400, 1_000, 2_000]) expect(await ask(heldMax)).toEqual(whole);
    }
  });

  it('counts an event that came under two people once, though they are in different passes', async () => {
    const lake = new TenantLake();
    const known = people(200);
    // Each flush has several row groups, so that a pass leaves some out.
    const columns = eventsOfDay(DAY, 6_000, known);
    // The second flush has the same ids and keys, received later, under other people.
    const person = columns.person.map((hash) => -hash);
    await lake.flushColumns('a', 0, 1, columns);
    await lake.flushColumns('b', 0, 1, { ...columns, person, receivedAt: columns.receivedAt.map((atMs) => atMs + 1) });
    const ports = portsOf(lake);
    const ask = async (heldMax: number) => {
      const question = must(funnel.parse({ ...RANGE, steps: STEPS, windowSeconds: 86_400 }, 'UTC'));
      return must(await readJourney(askingOf(ports, NOW), funnel.make(question), { heldMax })).answer;
    };
    const whole = await ask(1_000_000);
    expect(whole.steps[0]!.people).toBeLessThanOrEqual(200);
    for (const heldMax of [1_000, 3_000]) expect(await ask(heldMax)).toEqual(whole);
  });

  it('reads a property from its own column, where the files have one', async () => {
    const lake = await lakeOfDays();
    for (const day of [1, 2, 3]) await lake.seal(DAY + day);
    let readSizeBytes = 0;
    const ports = portsOf(lake, (sizeBytes) => {
      readSizeBytes += sizeBytes;
    });
    const ask = async (where?: object) => {
      readSizeBytes = 0;
      const question = must(
        funnel.parse({ ...RANGE, steps: STEPS, windowSeconds: 86_400, ...(where && { where }) }, 'UTC'),
      );
      return must(await readJourney(askingOf(ports, NOW), funnel.make(question))).answer;
    };
    const condition = { property: 'category', op: 'eq', value: 'books' };
    // What any funnel reads is kept from here on.
    await ask();
    const typed = await ask(condition);
    const typedSizeBytes = readSizeBytes;
    // No file has a column for the rare property, so this question reads the JSON; its condition is equivalent.
    const same = { or: [condition, { property: 'gift', op: 'eq', value: 'none' }] };
    // The first call finds out that the name exists; the second one knows it and reads nothing for that.
    await ask(same);
    const fromJson = await ask(same);
    expect(typed).toEqual(fromJson);
    expect(typed.steps[0]!.people).toBeGreaterThan(0);
    expect(typedSizeBytes).toBeLessThan(readSizeBytes);
  });
});
