// The names that a tenant has sent are kept as they come, and refuse what nobody has sent.

import { beforeEach, describe, expect, it } from 'vitest';
import type { EventStrings, JsonObject } from '../../../src/core/event/event.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { lakeImporter } from '../../../src/lake/import/import.ts';
import { readNames } from '../../../src/lake/names/name-store.ts';
import { record, testHasher } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { clientOf } from '../support/client.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2024, 2, 20, 12);
const AT_MS = NOW_MS - 3 * DAY_MS;
const RANGE = { from: '2024-03-17', to: '2024-03-21' };
const limits = LIMITS as { namesKeptMax: number; propertyProbeFilesMax: number };

let made = 0;
function event(name: string, properties: JsonObject = {}, strings: Partial<EventStrings> = {}) {
  const { id = `e${made++}`, properties: _, context: __, ...others } = strings;
  return record({ id, atMs: AT_MS, anonymous_id: `a${made}`, ...others, event: name, properties });
}

async function importInto(world: World, records: ReturnType<typeof event>[], importId = 'import'): Promise<void> {
  const importer = lakeImporter({
    db: world.db,
    lake: world.bucket.binding,
    sealQueue: { sendBatch: async () => {} },
    now: () => NOW_MS,
  });
  const chunk = { uid: UID, importId, version: 1, chunk: 0, contentHash: importId };
  await importer.start(chunk);
  await importer.store(chunk, records, testHasher, {
    received: records.length,
    madeIds: new Set(),
    errors: [],
    unlisted: [],
    notes: [],
    noted: 0,
  });
  await importer.finish(UID, importId, testHasher, {});
}

describe('a name that nobody has sent', () => {
  let world: World;
  let ask: ReturnType<typeof clientOf>;
  const statusOf = async (name: string) => (await ask('query', { measure: 'count', events: [name] })).status;
  const statusOfProperty = async (name: string) => (await ask('query', { measure: 'count', groupBy: [name] })).status;

  beforeEach(() => {
    world = new World({ nowMs: NOW_MS, keepsNames: true });
    ask = clientOf(world, RANGE);
  });

  it('is refused with the nearest names, wherever a question gives it, unless it allows unknown names', async () => {
    world.append(0, [event('Purchase', { value: 1 }), event('Purchases'), event('Looked')]);
    const steps = (name: string) => ({ steps: [{ event: 'Looked' }, { event: name }], windowSeconds: 86_400 });
    const questions = (name: string): [string, object][] => [
      ['query', { measure: 'count', events: [name] }],
      ['query', { measure: 'users', events: ['Looked', name], groupBy: ['value'] }],
      ['query', { measure: 'count', where: { not: { property: 'column.event', op: 'in', value: [name] } } }],
      ['query/funnel', steps(name)],
      ['query/funnel', { ...steps('Looked'), exclusions: [{ event: name, from: 1, to: 2 }] }],
      ['query/retention', { start: { event: name }, return: { event: 'Looked' }, interval: 'day', intervals: 2 }],
      ['query/paths', { startAt: { event: name } }],
      ['query/active', { events: [name] }],
      ['query/sessions', { gapSeconds: 1_800, events: [name] }],
      ['export', { format: 'ndjson', events: [name] }],
    ];
    for (const [path, body] of questions('Purchse')) {
      const refused = await ask(path, body);
      expect(refused, `${path} ${JSON.stringify(body)}`).toMatchObject({
        status: 400,
        body: { code: 'event-unknown', event: 'Purchse' },
      });
      expect(refused.body.detail).toContain('Known: Purchase, Purchases, Looked.');
      expect((await ask(path, { ...body, allowUnknown: true })).status, path).toBe(200);
    }
    for (const [path, body] of questions('Purchase')) {
      expect((await ask(path, body)).status, `${path} ${JSON.stringify(body)}`).toBe(200);
    }
    const property = { measure: 'count', groupBy: ['valu'] };
    expect(await ask('query', property)).toMatchObject({ status: 400, body: { code: 'property-unknown' } });
    expect((await ask('query', { ...property, allowUnknown: true })).status).toBe(200);
  });

  it('is told from one that was sent, wherever its event is', async () => {
    world.append(0, [event('Looked', { plan: 'pro' })]);
    const moves = {
      'in the shard': async () => {},
      stored: () => world.store(0),
      sealed: () => world.seal(dayOf(AT_MS)),
    };
    for (const [place, move] of Object.entries(moves)) {
      world.append(0, [event(`Bought ${place}`, { [`of ${place}`]: null })]);
      await move();
      const names = [await statusOf(`Bought ${place}`), await statusOfProperty(`of ${place}`)];
      expect(names, place).toEqual([200, 200]);
      expect([await statusOf(`Buoght ${place}`), await statusOfProperty(`fo ${place}`)], place).toEqual([400, 400]);
    }
    await importInto(world, [event('Imported', { 'from file': 1 })]);
    expect([await statusOf('Imported'), await statusOfProperty('from file')]).toEqual([200, 200]);
    await world.store(0);
    await world.seal(dayOf(AT_MS));
    expect([await statusOf('Impotred'), await statusOfProperty('form file')]).toEqual([400, 400]);
  });

  it('is never one whose event is stored between the reading of names and of tails', async () => {
    world.append(0, [event('Looked', { plan: 1 })]);
    await world.store(0);
    world.append(0, [event('Bought', { value: 1 })]);
    const shard = world.shards[0]!;
    const readTail = shard.readTail.bind(shard);
    shard.readTail = async (request) => {
      await world.store(0);
      return readTail(request);
    };
    expect([await statusOf('Bought'), await statusOfProperty('value')]).toEqual([200, 200]);
  });

  it('is answered when a shard is silent, and when the tenant has no event', async () => {
    expect([await statusOf('Purchse'), await statusOfProperty('valu')]).toEqual([200, 200]);
    world.append(0, [event('Purchase', { value: 1 })]);
    await world.store(0);
    expect([await statusOf('Purchse'), await statusOfProperty('valu')]).toEqual([400, 400]);
    world.shards[0]!.isDown = true;
    expect([await statusOf('Purchse'), await statusOfProperty('valu')]).toEqual([200, 200]);
    expectLog('query.shard', { message: 'Error: the shard is down' });
  });

  it('is refused beyond the files that a search may open, and a place in a known property is searched', async () => {
    world.append(0, [event('Looked', { address: { city: 'Bonn' } })]);
    await world.store(0);
    expect([await statusOfProperty('address.city'), await statusOfProperty('address.town')]).toEqual([200, 400]);
    const whole = limits.propertyProbeFilesMax;
    limits.propertyProbeFilesMax = 0;
    const told = [await statusOfProperty('adress'), await statusOfProperty('adress.city')];
    const untold = await statusOfProperty('address.street');
    limits.propertyProbeFilesMax = whole;
    expect([...told, untold]).toEqual([400, 400, 200]);
  });

  it('is not told by a tenant with events from before names were kept: properties are searched', async () => {
    world.keepsNames = false;
    world.append(0, [event('Old', { old: 1 })]);
    await world.store(0);
    world.keepsNames = true;
    world.append(0, [event('New', { new: 1 })]);
    await world.store(0);
    await importInto(world, [event('Imported', { imported: 1 })]);
    expect((await readNames(world.db, UID)).whole.size).toBe(0);
    for (const name of ['Old', 'New', 'Odl']) expect(await statusOf(name), name).toBe(200);
    for (const name of ['old', 'new', 'imported']) expect(await statusOfProperty(name), name).toBe(200);
    expect(await statusOfProperty('odl')).toBe(400);
  });

  it('is not told by a tenant whose files from before have expired: their sealed cells may remain', async () => {
    expect((await readNames(world.db, UID)).whole.size).toBe(2);
    await world.db
      .prepare(
        `INSERT INTO sealed_days (uid, day, revision, covered_seq, vector, rollup_ids, events, people, drift, sealed_at_ms)
           VALUES (?1, 19000, 1, 1, '{}', '[]', 1, 1, '{}', 1)`,
      )
      .bind(UID)
      .run();
    expect((await readNames(world.db, UID)).whole.size).toBe(0);
    world.append(0, [event('New', { new: 1 })]);
    await world.store(0);
    expect((await readNames(world.db, UID)).whole.size).toBe(0);
    for (const name of ['Expired', 'New']) expect(await statusOf(name), name).toBe(200);
  });

  it('is not told when there are more names than are kept', async () => {
    const whole = limits.namesKeptMax;
    limits.namesKeptMax = 3;
    world.append(
      0,
      ['A', 'B', 'C', 'D'].map((name) => event(name, { [name]: 1, plan: 1 })),
    );
    await world.store(0);
    world.append(0, [event('E', { E: 1 })]);
    await world.store(0);
    limits.namesKeptMax = whole;
    const { event: events, property, whole: told } = await readNames(world.db, UID);
    expect([events.size, property.size, told.size]).toEqual([3, 3, 0]);
    for (const name of ['A', 'E', 'X']) expect(await statusOf(name), name).toBe(200);
    for (const name of ['A', 'E', 'plan']) expect(await statusOfProperty(name), name).toBe(200);
    expect(await statusOfProperty('X')).toBe(400);
  });

  it('costs a flush one row a new name, and no statement when it brings none', async () => {
    world.append(0, [event('A', { plan: 1, value: 1 }), event('B', { plan: 2 })]);
    await world.store(0);
    // The two names of events, two of properties, and that they are whole.
    expect(world.fakeDb.select('SELECT kind, name FROM names', [])).toHaveLength(5);
    const written: string[] = [];
    world.fakeDb.hook = ({ sql }) => written.push(...sql.filter((text) => text.includes('INTO names')));
    world.append(0, [event('B', { value: 1, plan: 2 })]);
    await world.store(0);
    expect(written).toEqual([]);
  });
});
