// A question with a property that no event has is refused on every route; one with any other property is answered.

import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import type { JsonObject } from '../../../src/core/event/event.ts';
import { foundAt, propertyPlace } from '../../../src/core/event/property.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { NameSearch } from '../../../src/core/names/name-search.ts';
import { spellingDistance } from '../../../src/core/names/spelling.ts';
import { record } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { clientOf } from '../support/client.ts';
import { dayOf, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2024, 2, 20, 12);
const FIRST_MS = NOW_MS - 3 * DAY_MS;
const RANGE = { from: '2024-03-17', to: '2024-03-21' };
const limits = LIMITS as { propertyProbeFilesMax: number; propertyProbeSizeBytesMax: number };

const steps = [{ event: 'Looked' }, { event: 'Bought' }];
const FUNNEL = { steps, windowSeconds: 86_400 };
const where = (property: string) => ({ where: { property, op: 'exists' } });

describe('a question with a property', () => {
  let world: World;
  let ask: ReturnType<typeof clientOf>;
  let count = 0;
  const add = (properties: JsonObject, atMs = FIRST_MS) =>
    world.append(0, [record({ id: `e${count++}`, atMs, event: 'Looked', anonymous_id: `a${count}`, properties })]);
  const statusOf = async (property: string) =>
    (await ask('query/frequency', { of: 'events', ...where(property) })).status;
  const sealAll = async () => {
    await world.store(0);
    for (const day of [0, 1, 2, 3]) await world.seal(dayOf(FIRST_MS) + day);
  };

  beforeEach(() => {
    world = new World({ nowMs: NOW_MS });
    ask = clientOf(world, RANGE);
  });

  it('that no event has is refused, whatever is asked and wherever it stands', async () => {
    add({ plan: 'pro', amount: 3 });
    world.append(0, [record({ id: 'bought', atMs: FIRST_MS, event: 'Bought', properties: { plan: 'pro' } })]);
    const typos: [string, object][] = [
      ['query/funnel', { ...FUNNEL, ...where('plann') }],
      ['query/funnel', { ...FUNNEL, groupBy: 'plann' }],
      ['query/funnel', { ...FUNNEL, steps: [steps[0], { event: 'Bought', ...where('plann') }] }],
      ['query/funnel/people', { ...FUNNEL, step: 1, ...where('plann') }],
      ['query/retention', { interval: 'day', intervals: 2, ...where('plann') }],
      ['query/paths', { startAt: { event: 'Looked' }, steps: 2, groupBy: 'plann' }],
      ['query/sessions', { gapSeconds: 1_800, groupBy: ['plann'] }],
      ['query/active', where('plann')],
      ['query/lifecycle', { interval: 'day', groupBy: 'plann' }],
      ['query/frequency', { of: 'days', where: { not: { property: 'properties.plann', op: 'eq', value: 1 } } }],
      ['query', { measure: 'count', groupBy: ['country', 'plann'] }],
      ['query', { measure: { sum: 'plann' } }],
      ['query', { measure: 'users', where: { or: [where('plan').where, where('plann').where] } }],
      ['export', { format: 'ndjson', ...where('plann') }],
    ];
    for (const [path, body] of typos) {
      const refused = await ask(path, body);
      expect(refused, `${path} ${JSON.stringify(body)}`).toMatchObject({
        status: 400,
        body: { code: 'property-unknown', property: expect.stringMatching(/plann$/) },
      });
      const right = JSON.parse(JSON.stringify(body).replaceAll('plann', 'plan')) as object;
      expect((await ask(path, right)).status, `${path} ${JSON.stringify(right)}`).toBe(200);
    }
    const { body } = await ask(...typos[0]!);
    expect(body.detail).toBe('No event has the property "plann". Known: plan, amount.');
  });

  it('is known from the acknowledgement on, when stored, and when sealed', async () => {
    add({ plan: 'pro' });
    expect(await statusOf('plan')).toBe(200);
    expect(await statusOf('coupon')).toBe(400);
    add({ coupon: 'x' });
    expect(await statusOf('coupon')).toBe(200);
    for (const [move, name] of [
      [() => world.store(0), 'stored'],
      [sealAll, 'sealed'],
    ] as const) {
      add({ [name]: 1 });
      await move();
      expect(await statusOf(name)).toBe(200);
      expect(await statusOf(`${name}x`)).toBe(400);
    }
  });

  it('is looked for beyond the range asked for, in files of their own days', async () => {
    add({ ancient: 1 }, FIRST_MS - 900 * DAY_MS);
    await world.store(0);
    add({ rare: 1 });
    for (let other = 0; other < 40; other++) add({ plan: 'pro' });
    await sealAll();
    for (const name of ['ancient', 'rare', 'plan']) expect(await statusOf(name), name).toBe(200);
    expect(await statusOf('plann')).toBe(400);
  });

  it('is told by its key, not by a text that holds the name', async () => {
    const text = '"inside": {"inside":1}, \\"inside\\":';
    add({
      plan: text,
      list: ['inside', { inside: 1 }],
      'a"b\\c': 1,
      'größe 🙂\n': null,
      'dotted.name': 1,
      deep: { er: 1 },
    });
    for (const move of [async () => {}, () => world.store(0), sealAll]) {
      await move();
      for (const name of ['inside', 'a', 'er', 'deep.inside', 'plan.inside', 'dotted', 'toString', '__proto__']) {
        expect(await statusOf(name), name).toBe(400);
      }
      for (const name of ['a"b\\c', 'größe 🙂\n', 'dotted.name', 'deep', 'deep.er', 'properties.deep.er', 'list']) {
        expect(await statusOf(name), name).toBe(200);
      }
    }
  });

  it('is not looked for where it is a column, of the context, or a trait', async () => {
    add({ plan: 'pro' });
    for (const name of ['country', 'path', 'context.page.nowhere', 'person.nowhere', 'group.nowhere']) {
      expect(await statusOf(name), name).toBe(200);
    }
  });

  it('is answered when the search cannot know: no events, a shard that is silent, a file that is gone', async () => {
    expect(await statusOf('plann')).toBe(200);
    add({ plan: 'pro' });
    await world.store(0);
    expect(await statusOf('plann')).toBe(400);
    world.shards[0]!.isDown = true;
    expect(await statusOf('plann')).toBe(200);
    world.shards[0]!.isDown = false;
    add({ old: 1 }, FIRST_MS - 200 * DAY_MS);
    await world.store(0);
    expect(await statusOf('plann')).toBe(400);
    const [path] = world.bucket.keys().filter((each) => each.includes('/l0/'));
    await world.bucket.binding.delete(path!);
    const { status } = await ask('query/frequency', {
      of: 'events',
      ...where('plann'),
      from: '2024-01-01',
      to: '2024-01-02',
    });
    expect(status).toBe(200);
    expectLog('query.shard', { message: 'Error: the shard is down' });
    expectLog('query.known-properties', { message: expect.stringContaining('is not in the lake') });
  });

  it('is answered when the budget ends before the last file', async () => {
    const whole = { ...limits };
    const half = { propertyProbeFilesMax: 1, propertyProbeSizeBytesMax: 1 };
    // Each day is one row group.
    for (const day of [0, 1]) add({ plan: 'pro' }, FIRST_MS + day * DAY_MS);
    await world.store(0);
    limits.propertyProbeSizeBytesMax = 1;
    expect(await statusOf('plann')).toBe(200);
    limits.propertyProbeSizeBytesMax = whole.propertyProbeSizeBytesMax;
    add({ plan: 'pro' });
    await world.store(0);
    expect(await statusOf('plann')).toBe(400);
    for (const [name, value] of Object.entries(half) as [keyof typeof half, number][]) {
      limits[name] = value;
      expect(await statusOf('plann'), name).toBe(200);
      limits[name] = whole[name];
    }
  });

  it('costs no read once it is known, and none at all where files have a column for it', async () => {
    for (let event = 0; event < 20; event++) add({ plan: 'pro', rare: `text ${event}` });
    await world.store(0);
    const reads = async (property: string) => {
      const before = world.bucket.count('get') + world.fakeDb.callCount;
      expect(await statusOf(property)).toBe(200);
      return world.bucket.count('get') + world.fakeDb.callCount - before;
    };
    const first = await reads('rare');
    const second = await reads('rare');
    // The kept names, and the file; its facts and its columns of few texts are kept too.
    expect(first - second).toBe(5);
    const afterSeal = async () => {
      add({ plan: 'pro' });
      await world.store(0);
      await sealAll();
      return reads('plan');
    };
    // Nothing is kept of a new file.
    expect(await afterSeal()).toBe(await afterSeal());
  });
});

describe('a search for names', () => {
  it('finds the places that parsing every event finds', () => {
    const key = fc.oneof(fc.constantFrom('a', 'b', 'a.b', 'a"', '"a":', '\\', 'é'), fc.string({ maxLength: 3 }));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        key,
        fc.integer(),
        fc.constant(null),
        tie('object'),
        fc.array(tie('any'), { maxLength: 2 }),
      ),
      object: fc.dictionary(key, tie('any'), { maxKeys: 3 }),
    }));
    fc.assert(
      fc.property(
        fc.array(value.object, { maxLength: 5 }),
        fc.uniqueArray(key, { minLength: 1 }),
        fc.boolean(),
        (all, names, isPacked) => {
          const objects = all as JsonObject[];
          const named = names.filter((name) => name !== '');
          const search = new NameSearch(named);
          search.look(
            columnsOf(
              objects.map((object) => JSON.stringify(object)),
              isPacked,
            ),
          );
          const missing = named.filter((name) => {
            const place = propertyPlace(name) as { readonly key: string; readonly steps: readonly string[] };
            return objects.every((object) => foundAt(object, place.key, place.steps) === undefined);
          });
          expect(search.missing).toEqual(missing);
          expect(search.eventCount).toBe(objects.length);
        },
      ),
    );
  });

  it('lists the names spelt most alike first', () => {
    const search = new NameSearch(['plann']);
    search.look(columnsOf(['{"amount":1,"plan":2,"Plans":3}', '{"planner":null}'], false));
    expect(search.nearestNames('plann', 3)).toEqual(['Plans', 'plan', 'planner']);
    expect(spellingDistance('kitten', 'Sitting')).toBe(3);
  });
});

function columnsOf(texts: readonly string[], isPacked: boolean): EventColumns {
  const starts = Uint32Array.from({ length: texts.length + 1 }, (_, row) => texts.slice(0, row).join('').length);
  const packed = { properties: { text: texts.join(''), starts, present: null } };
  const none = new BigInt64Array();
  return {
    rowCount: texts.length,
    at: new Float64Array(),
    receivedAt: new Float64Array(),
    person: none,
    keyHash: none,
    late: new Uint8Array(),
    strings: { properties: texts },
    ...(isPacked && { packed }),
  };
}
