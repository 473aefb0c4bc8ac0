// The catalogue over the real engine, sink, manifest and seal.
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import type { Authenticator } from '../../../src/http/authenticate.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { catalogRoutes } from '../../../src/query/catalog/catalog-routes.ts';
import { listValues } from '../../../src/query/catalog/list-values.ts';
import type { Catalog, CatalogEntry, CatalogValues } from '../../../src/wire/catalog.ts';
import { record } from '../../support/events.ts';
import { dayOf, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const iso = (ms: number) => new Date(ms).toISOString();

function clientOf(world: World) {
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
  app.route('/v1/catalog', catalogRoutes({ ...world.ports, auth }));
  const get = async (path: string, parameters: Record<string, string>) => {
    const response = await app.request(`/v1/catalog${path}?${new URLSearchParams(parameters)}`);
    return { status: response.status, body: await response.json() };
  };
  return {
    list: async (parameters: Record<string, string> = {}) => (await get('', parameters)).body as Catalog,
    values: async (parameters: Record<string, string>) => (await get('/values', parameters)).body as CatalogValues,
    refusal: async (parameters: Record<string, string>) => {
      const { status, body } = await get('', parameters);
      return `${status} ${(body as { code: string }).code}`;
    },
  };
}

const namesOf = ({ entries }: Catalog) => entries.map(({ name }) => name);
const entryOf = ({ entries }: Catalog, name: string): CatalogEntry => entries.find((entry) => entry.name === name)!;

/** Sealed events of two days ago, stored ones of today, and live ones. */
async function shop(): Promise<World> {
  const world = new World({ nowMs: NOW_MS, keepsNames: true });
  const old = NOW_MS - 2 * DAY_MS;
  world.append(0, [
    record({
      id: 'a',
      event: 'Order Completed',
      atMs: old,
      country: 'DE',
      user_id: 'u',
      properties: { plan: 'pro', amount: 5 },
    }),
    record({
      id: 'b',
      event: 'Order Completed',
      atMs: old + 1,
      country: 'FR',
      properties: { plan: 'Premium', amount: 6 },
    }),
  ]);
  await world.store(0);
  await world.seal(dayOf(old));
  world.append(0, [
    record({
      id: 'c',
      event: 'Signed Up',
      atMs: NOW_MS - HOUR_MS,
      country: 'DE',
      properties: { plan: 'free', beta: true },
    }),
    record({
      id: 'd',
      type: 'identify',
      event: 'identify',
      user_id: 'u',
      atMs: NOW_MS - HOUR_MS,
      properties: { seats: 3 },
    }),
  ]);
  await world.store(0);
  world.append(0, [record({ id: 'e', event: 'Signed Up', atMs: NOW_MS - 1_000, properties: { plan: 'pro' } })]);
  return world;
}

describe('the catalogue', () => {
  it('lists events with their exact numbers, live ones among them, and days', async () => {
    const answer = await clientOf(await shop()).list({ kind: 'event' });
    expect(answer.entries.map(({ name, events }) => [name, events])).toEqual([
      ['Order Completed', 2],
      ['Signed Up', 2],
      ['identify', 1],
    ]);
    const { firstSeen, lastSeen } = entryOf(answer, 'Order Completed');
    expect([firstSeen, lastSeen]).toEqual([iso(NOW_MS - 2 * DAY_MS), iso(NOW_MS - 2 * DAY_MS + 1)]);
    expect(answer.complete).toEqual({ event: true, property: true, trait: true });
    expect(answer.range.to > answer.range.from).toBe(true);
  });

  it('lists properties and traits with types, examples and the events that have them', async () => {
    const answer = await clientOf(await shop()).list();
    expect(entryOf(answer, 'plan')).toMatchObject({
      kind: 'property',
      types: ['text'],
      events: 4,
      examples: ['pro', 'free', 'Premium'],
      of: ['Order Completed', 'Signed Up'],
      lastSeen: iso(NOW_MS - 1_000),
    });
    expect(entryOf(answer, 'beta').types).toEqual(['boolean']);
    expect(entryOf(answer, 'person.seats')).toMatchObject({
      kind: 'trait',
      types: ['number'],
      events: 1,
      examples: ['3'],
    });
    expect(namesOf(answer)).not.toContain('seats');
    expect(entryOf(answer, 'country')).toMatchObject({ kind: 'column', types: ['text'], events: null });
    expect(answer.sample).toEqual({ events: 5, from: iso(NOW_MS - 2 * DAY_MS), to: iso(NOW_MS - 1_000) });
  });

  it('estimates the events of a property from the sample when there are more', async () => {
    const world = new World({ nowMs: NOW_MS, keepsNames: true });
    const events = Array.from({ length: 1_000 }, (_, i) =>
      record({ id: `e${i}`, atMs: NOW_MS - i, properties: i % 2 === 0 ? { plan: 'pro' } : { other: 1 } }),
    );
    world.append(0, [...events, record({ id: 'rare', atMs: NOW_MS - 2_000, properties: { rare: 1 } })]);
    await world.store(0);
    const answer = await clientOf(world).list({ kind: 'property' });
    expect(entryOf(answer, 'plan').events).toBe(501);
    expect(entryOf(answer, 'rare')).toMatchObject({ events: null, examples: [], types: ['number'] });
    expect(answer.sample.events).toBe(500);
  });

  it('finds names by their beginning, without case', async () => {
    const client = clientOf(await shop());
    expect(namesOf(await client.list({ prefix: 'ORDER' }))).toEqual(['Order Completed']);
    expect(namesOf(await client.list({ prefix: 'sea' }))).toEqual(['person.seats']);
    expect(namesOf(await client.list({ prefix: 'person.' }))).toEqual(['person.seats']);
    expect(namesOf(await client.list({ prefix: 'utm_s', kind: 'column' }))).toEqual(['utm_source']);
    expect(namesOf(await client.list({ prefix: 'nothing has this' }))).toEqual([]);
  });

  it('comes page by page, each entry once', async () => {
    const client = clientOf(await shop());
    const whole = namesOf(await client.list());
    const paged: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await client.list({ limit: '3', ...(cursor && { cursor }) });
      paged.push(...namesOf(page));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    expect(paged).toEqual(whole);
    expect(whole.length).toBeGreaterThan(20);
  });

  it('says that it is not whole for a tenant of an earlier release', async () => {
    const world = new World({ nowMs: NOW_MS, keepsNames: false });
    world.append(0, [record({ id: 'a', event: 'Old', properties: { plan: 'pro' } })]);
    await world.store(0);
    world.keepsNames = true;
    world.append(0, [record({ id: 'b', event: 'New', properties: { seats: 'pro' } })]);
    await world.store(0);
    const answer = await clientOf(world).list();
    expect(answer.complete).toEqual({ event: false, property: false, trait: false });
    expect(namesOf(answer)).toEqual(expect.arrayContaining(['Old', 'New', 'plan', 'seats']));
    expect(entryOf(answer, 'Old')).toMatchObject({ events: 1 });
  });

  it('is empty but for the columns where nothing was sent', async () => {
    const answer = await clientOf(new World({ nowMs: NOW_MS })).list();
    expect(new Set(answer.entries.map(({ kind }) => kind))).toEqual(new Set(['column']));
    expect(answer.sample).toEqual({ events: 0, from: null, to: null });
  });

  it('refuses a cursor that it did not give, and a span that is none', async () => {
    const client = clientOf(new World({ nowMs: NOW_MS }));
    expect(await client.refusal({ cursor: 'x' })).toBe('400 cursor-invalid');
    expect(await client.refusal({ last: 'forever' })).toBe('400 last-invalid');
    expect(await client.refusal({ last: '900 years' })).toBe('400 range-invalid');
    expect(await client.refusal({ last: '9 years' })).toBe('400 range-too-wide');
    expect(await client.refusal({ kind: 'thing' })).toBe('400 request-invalid');
  });
});

describe('the values of a property', () => {
  it('come by their number of events', async () => {
    const answer = await clientOf(await shop()).values({ property: 'plan' });
    expect(answer).toMatchObject({ property: 'plan', more: false, exact: true });
    expect(answer.values).toEqual([
      { value: 'pro', events: 2 },
      { value: 'Premium', events: 1 },
      { value: 'free', events: 1 },
    ]);
  });

  it('are found by their beginning, without case, and of one event alone', async () => {
    const client = clientOf(await shop());
    const texts = ({ values }: CatalogValues) => values.map(({ value }) => value);
    expect(texts(await client.values({ property: 'plan', prefix: 'PR' }))).toEqual(['pro', 'Premium']);
    expect(texts(await client.values({ property: 'plan', event: 'Signed Up' }))).toEqual(['free', 'pro']);
    expect(texts(await client.values({ property: 'amount', prefix: '5' }))).toEqual(['5']);
    expect(texts(await client.values({ property: 'nothing' }))).toEqual([]);
    expect(await client.values({ property: 'plan', limit: '1' })).toMatchObject({
      more: true,
      values: [{ value: 'pro' }],
    });
  });

  it('are those of columns and traits too', async () => {
    const client = clientOf(await shop());
    expect((await client.values({ property: 'country' })).values).toEqual([
      { value: 'DE', events: 2 },
      { value: 'FR', events: 1 },
    ]);
    expect((await client.values({ property: 'person.seats' })).values).toEqual([{ value: '3', events: 2 }]);
  });

  it('are counted in the widest range that is quickly read, which the answer names', async () => {
    const world = new World({ nowMs: NOW_MS, keepsNames: true });
    const some = (prefix: string, atMs: number, count: number) =>
      Array.from({ length: count }, (_, i) =>
        record({ id: `${prefix}${i}`, atMs: atMs + i, properties: { plan: prefix } }),
      );
    world.append(0, [...some('old', NOW_MS - 4 * DAY_MS, 40), ...some('new', NOW_MS - 2 * HOUR_MS, 10)]);
    await world.store(0);
    const values = async (rowsMax: number, property = 'plan') =>
      listValues(await world.asking(), { property, limit: 5 }, rowsMax);
    expect((await values(100)).values.map(({ value }) => value)).toEqual(['old', 'new']);
    const narrow = await values(20);
    expect(narrow).toMatchObject({ values: [{ value: 'new', events: 10 }], more: false, exact: true });
    expect(Date.parse(narrow.range!.from)).toBeGreaterThan(NOW_MS - 2 * DAY_MS);
    expect(await values(5)).toMatchObject({ values: [], range: null, exact: false });
    // Every tenant has cells of the country, so no event is read for it.
    expect((await values(5, 'country')).range!.from).toBe((await values(100)).range!.from);
  });
});
