// The plain name of a column means the property that the sender gave under it; the column has a name of its own.

import { describe, expect, it } from 'vitest';
import type { EventStrings, JsonValue } from '../../../src/core/event/event.ts';
import { STRING_COLUMNS } from '../../../src/core/event/event.ts';
import { isColumn } from '../../../src/core/event/property.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { DEFAULT_ROLLUPS, makeRollup } from '../../../src/core/rollup/rollup.ts';
import { lakeImporter } from '../../../src/lake/import/import.ts';
import { readJourney } from '../../../src/query/journeys/journey-source.ts';
import { record, testHasher } from '../../support/events.ts';
import { answerByHand } from '../support/oracle.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2024, 2, 20, 12);
const AT_MS = NOW_MS - 2 * DAY_MS;
const RANGE = { from: '2024-03-17', to: '2024-03-21' };
const NAMES = STRING_COLUMNS.filter(isColumn);

let made = 0;
let seed = 1;
const noise = () => (seed = (seed * 48_271) % 0x7fffffff);
function event(properties: Record<string, JsonValue>, strings: Partial<EventStrings> = {}) {
  const { id = `e${made++}`, properties: _, context: __, ...others } = strings;
  return record({ id, atMs: AT_MS, anonymous_id: 'device', ...others, properties });
}

/** The world with its events in the shard, then stored, then sealed. */
async function* placesOf(world: World) {
  yield 'in the shard';
  await world.store(0);
  yield 'stored';
  await world.seal(dayOf(AT_MS));
  yield 'sealed';
}

async function totals(world: World, body: object, rollups = world.rollups) {
  const { series } = await world.ask({ measure: 'count', ...RANGE, ...body }, { rollups });
  return Object.fromEntries(series.map(({ key, total }) => [Object.values(key).join(), total]));
}

describe('the plain name of a column', () => {
  it('means the property, wherever the event is; of an event without one the column', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, [
      event({ country: 'DE', value: 12.5 }, { country: 'US' }),
      event({ country: 'FR', value: 7.5 }),
      event({ country: null, value: 1 }, { country: 'US' }),
      event({ value: 2, deep: { country: 'AT' } }),
    ]);
    for await (const place of placesOf(world)) {
      for (const rollups of [DEFAULT_ROLLUPS, []]) {
        const ask = (body: object) => totals(world, body, rollups);
        expect(await ask({ groupBy: ['country'] }), place).toEqual({ DE: 1, FR: 1, US: 1, '': 1 });
        expect(await ask({ groupBy: ['column.country'] }), place).toEqual({ US: 2, '': 2 });
        expect(await ask({ measure: { sum: 'value' }, groupBy: ['country'] }), place).toEqual({
          DE: 12.5,
          FR: 7.5,
          US: 1,
          '': 2,
        });
        const where = { property: 'country', op: 'eq', value: 'DE' };
        expect(await ask({ where }), place).toEqual({ '': 1 });
        expect(await ask({ where: { ...where, property: 'column.country' } }), place).toEqual({ '': 0 });
        expect(await ask({ where: { property: 'country', op: 'exists', value: false } }), place).toEqual({ '': 1 });
      }
    }
  });

  it.each(NAMES)('%s does so, beside rollups and without', async (name) => {
    const rollup = makeRollup('own', { dimensions: [name], numbers: ['value'] });
    const world = new World({ nowMs: NOW_MS, rollups: [...DEFAULT_ROLLUPS, rollup] });
    const known = name === 'type' ? 'track' : name === 'id' ? 'e-known' : 'known';
    world.append(0, [
      event({ [name]: 'sent' }, { [name]: known }),
      event({}, { id: 'other', [name]: name === 'id' ? 'other' : known }),
    ]);
    const given = name === 'id' ? 'other' : known;
    for await (const place of placesOf(world)) {
      for (const rollups of [world.rollups, []]) {
        const ask = (body: object) => totals(world, body, rollups);
        expect(await ask({ groupBy: [name] }), place).toEqual({ sent: 1, [given]: 1 });
        expect(await ask({ groupBy: [`column.${name}`] }), place).toEqual(
          name === 'id' ? { 'e-known': 1, other: 1 } : { [known]: 2 },
        );
        expect(await ask({ where: { property: name, op: 'contains', value: 'sen' } }), place).toEqual({ '': 1 });
      }
    }
  });

  it('means the property in imported events', async () => {
    const world = new World({ nowMs: NOW_MS });
    const bucket = world.bucket.binding;
    const importer = lakeImporter({
      db: world.db,
      lake: bucket,
      sealQueue: { sendBatch: async () => {} },
      now: () => NOW_MS,
    });
    const records = [event({ country: 'DE', value: 12.5 }), event({ country: 'FR', value: 7.5 }), event({ value: 2 })];
    const chunk = { uid: UID, importId: 'import', version: 1, chunk: 0, contentHash: 'hash' };
    await importer.start(chunk);
    await importer.store(chunk, records, testHasher, {
      received: 3,
      madeIds: new Set(),
      errors: [],
      unlisted: [],
      notes: [],
      noted: 0,
    });
    await importer.finish(UID, 'import', testHasher, {});
    for (const move of [async () => {}, () => world.seal(dayOf(AT_MS))]) {
      await move();
      const body = { measure: { sum: 'value' }, events: ['Clicked'], groupBy: ['country'] };
      expect(await totals(world, body)).toEqual({ DE: 12.5, FR: 7.5, '': 2 });
    }
  });

  it('is answered from rollups as from events, for values of every type', async () => {
    const own = makeRollup('own', {
      where: { property: 'type', op: 'eq', value: 'track' },
      dimensions: ['source', 'event'],
    });
    const world = new World({ nowMs: NOW_MS, rollups: [...DEFAULT_ROLLUPS, own] });
    const values: JsonValue[] = ['web', '', 5, '5', true, ['web'], { a: 1 }, null];
    for (const [index, value] of values.entries()) {
      world.append(0, [
        event({ source: value, ...(index === 3 && { event: 'Renamed', type: 'odd' }) }, { source: 'sdk' }),
      ]);
    }
    const bodies = [
      { groupBy: ['source'] },
      { groupBy: ['event'] },
      { groupBy: ['type'] },
      { events: ['Clicked'] },
      { events: ['Renamed'] },
      { where: { property: 'event', op: 'eq', value: 'Renamed' } },
      { where: { property: 'type', op: 'eq', value: 'track' }, groupBy: ['event'] },
      { where: { property: 'column.type', op: 'eq', value: 'track' }, groupBy: ['source'] },
      { where: { property: 'source', op: 'contains', value: 'e' } },
      { where: { property: 'source', op: 'eq', value: '5' } },
      { where: { property: 'source', op: 'gt', value: 'a' } },
    ].map((body) => ({ measure: 'count', ...RANGE, ...body }));
    for await (const place of placesOf(world)) {
      for (const body of bodies) {
        const expected = answerByHand(world.parse(body), world.events);
        for (const rollups of [world.rollups, []]) {
          expect((await world.ask(body, { rollups })).series, `${place} ${JSON.stringify(body)}`).toEqual(expected);
        }
      }
    }
  });

  it('costs no lake where no event has such a property, and no JSON in the lake', async () => {
    const world = new World({ nowMs: NOW_MS });
    const text = () => Array.from({ length: 10_000 }, () => noise().toString(36)).join('');
    world.append(0, [event({ text: text() }, { country: 'US' }), event({ text: text() }, { country: 'DE' })]);
    for await (const place of placesOf(world)) {
      for (const body of [
        { groupBy: ['event'] },
        { groupBy: ['country'] },
        { events: ['Clicked'] },
        { where: { property: 'country', op: 'contains', value: 'U' } },
      ]) {
        const { meta } = await world.ask({ measure: 'count', ...RANGE, ...body });
        expect(meta.sources.lake, `${place} ${JSON.stringify(body)}`).toBeNull();
      }
    }
    const before = world.bucket.calls.length;
    expect(await totals(world, { groupBy: ['country'] }, [])).toEqual({ US: 1, DE: 1 });
    const read = world.bucket.calls.slice(before);
    expect(read.length).toBeGreaterThan(0);
    expect(read.reduce((sum, { length = 0 }) => sum + length, 0)).toBeLessThan(5_000);
  });

  it('is not what a journey takes by default: its steps are the names of events', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, [event({ event: 'odd', path: '/odd' }, { event: 'Looked', path: '/' })]);
    const parsed = paths.parse({ startAt: { event: 'Looked' }, ...RANGE }, 'UTC');
    if (!parsed.ok) throw new Error(parsed.error.message);
    const read = await readJourney(await world.asking(), paths.make(parsed.value));
    const text = JSON.stringify(read.ok && read.value.answer);
    expect(text).toContain('Looked');
    expect(text).not.toContain('odd');
  });
});
