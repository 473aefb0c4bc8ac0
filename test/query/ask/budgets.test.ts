// Budgets of a call: equal questions are asked once, those about one range share a scan, and a tenant's calls take turns.

import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { executeAll } from '../../../src/query/ask/execute.ts';
import { listEvents } from '../../../src/query/events/list-events.ts';
import { listPersonEvents } from '../../../src/query/people/person-events.ts';
import type { Asking } from '../../../src/query/view/asking.ts';
import { record } from '../../support/events.ts';
import { clientOf } from '../support/client.ts';
import { dayOf, World } from '../support/world.ts';

const NOON_MS = Date.parse('2024-05-10T12:00:00Z');
const RANGE = { from: '2024-05-09', to: '2024-05-11' };
const P99 = { measure: { p99: 'v' }, groupBy: ['plan'], interval: 'hour' };
const DIFFERENT = [
  P99,
  { measure: 'count', groupBy: ['plan'] },
  { measure: 'users', where: { property: 'plan', op: 'eq', value: 'p1' } },
  { measure: { sum: 'v' }, groupBy: ['user_id'], interval: 'day' },
];
const limits = LIMITS as { -readonly [name in 'callReadRowsMax' | 'queryHeldSizeBytesMax']: number };
const { callReadRowsMax, queryHeldSizeBytesMax } = LIMITS;

afterEach(() => Object.assign(limits, { callReadRowsMax, queryHeldSizeBytesMax }));

async function worldOf(): Promise<World> {
  const world = new World({ nowMs: NOON_MS });
  for (const from of [0, 60, 120]) {
    const records = Array.from({ length: 60 }, (_, i) => {
      const n = from + i;
      return record({ id: `e${n}`, atMs: NOON_MS - n, user_id: `u${n % 7}`, properties: { v: n, plan: `p${n % 3}` } });
    });
    world.append(0, records);
    if (from < 120) await world.store(0);
  }
  return world;
}

/** Asks in one call, from the lake. Returns the series of each answer and the reads of the bucket. */
async function askTogether(world: World, bodies: readonly object[]) {
  world.bucket.calls.length = 0;
  const queries = bodies.map((body) => world.parse({ ...RANGE, ...body }));
  const answers = await executeAll(await world.asking([]), queries);
  if (!answers.ok) return answers.error;
  return { series: answers.value.map(({ series }) => series), reads: world.bucket.count('get') };
}

/** Lets a test hold up the reads of the lake. */
function gateOf(world: World) {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let held = 0;
  world.shards[0]!.beforeTailPage = () => {
    held++;
    return opened;
  };
  return { open, held: () => held };
}

const later = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('the questions of one call', () => {
  it('cost one reading when they are equal, however many they are', async () => {
    const one = await askTogether(await worldOf(), [P99]);
    // Of one world the second call would find columns that the first has read.
    const twelve = await askTogether(
      await worldOf(),
      Array.from({ length: 12 }, () => P99),
    );
    if (!('reads' in one) || !('reads' in twelve)) throw new Error('refused');
    expect(twelve.reads).toBe(one.reads);
    expect(twelve.series).toEqual(Array.from({ length: 12 }, () => one.series[0]));
  });

  it('share a scan when they are about one range, and answer what each answers alone', async () => {
    const world = await worldOf();
    const expected = [];
    let readsAlone = 0;
    for (const body of DIFFERENT) {
      const alone = await askTogether(world, [body]);
      if (!('reads' in alone)) throw new Error('refused');
      expected.push(alone.series[0]);
      readsAlone += alone.reads;
    }
    const together = await askTogether(world, DIFFERENT);
    expect(together).toMatchObject({ series: expected });
    // One of them reads more columns than another, so that its reads may be more.
    expect('reads' in together && together.reads).toBeLessThanOrEqual(readsAlone / 2);
  });

  it('are read one after the other when together they hold too much', async () => {
    const world = await worldOf();
    const expected = await askTogether(world, DIFFERENT);
    // Each question alone holds less, all of them together more.
    limits.queryHeldSizeBytesMax = 14_000;
    const parted = await askTogether(world, DIFFERENT);
    if (!('reads' in expected) || !('reads' in parted)) throw new Error('refused');
    expect(parted.series).toEqual(expected.series);
    expect(parted.reads).toBeGreaterThan(expected.reads);
  });

  it('are refused when they read more rows than one call may', async () => {
    const world = await worldOf();
    limits.callReadRowsMax = 200;
    const days = (from: string, to: string) => ({ ...DIFFERENT[1], from, to });
    expect(await askTogether(world, [days('2024-05-09', '2024-05-11')])).toMatchObject({ reads: expect.any(Number) });
    const both = [days('2024-05-09', '2024-05-11'), days('2024-05-10', '2024-05-11')];
    expect(await askTogether(world, both)).toMatchObject({ code: 'query-too-large' });
  });
});

const PAGE = { startMs: NOON_MS - 86_400_000, endMs: NOON_MS + 86_400_000 } as const;

describe('calls that read the lake', () => {
  it('are three of a tenant at a time; a flood is refused with a code, and another tenant answers', async () => {
    const world = await worldOf();
    await world.seal(dayOf(NOON_MS));
    const ask = clientOf(world, RANGE);
    const gate = gateOf(world);
    const calls = Array.from({ length: 30 }, () => ask('query', { ...P99, allowUnknown: true }));
    await later();
    expect(gate.held()).toBe(LIMITS.lakeCallsMax);
    const refused = LIMITS.lakeCallsMax + LIMITS.lakeCallsWaitingMax;
    for (const call of calls.slice(refused)) expect(await call).toMatchObject({ status: 429, body: { code: 'busy' } });
    const quiet = clientOf({ ...world, ports: world.ports, tenant: { ...world.tenant, uid: 'quiet' } } as World, RANGE);
    const quietCall = quiet('query', { ...P99, allowUnknown: true });
    await later();
    expect(gate.held()).toBe(LIMITS.lakeCallsMax + 1);
    gate.open();
    expect(await quietCall).toMatchObject({ status: 200 });
    for (const call of calls.slice(0, refused)) expect(await call).toMatchObject({ status: 200 });
  });

  it('take one turn a call, whatever it asks: journeys too, and exports beside them', async () => {
    const world = await worldOf();
    const ask = clientOf(world, RANGE);
    const gate = gateOf(world);
    const queries = Array.from({ length: 12 }, (_, i) => ({ ...RANGE, ...DIFFERENT[i % 4], allowUnknown: true }));
    const steps = [{ event: 'Clicked' }, { event: 'Clicked' }];
    const calls = [
      ask('query', { from: undefined, to: undefined, queries }),
      ask('query/funnel', { steps, windowSeconds: 3_600 }),
      ask('query/retention', { start: steps[0], interval: 'day' }),
    ];
    await later();
    const fourth = ask('query', { ...P99, allowUnknown: true });
    await later();
    expect(gate.held()).toBe(3);
    const exported = ask('export', { format: 'ndjson' });
    await later();
    expect(gate.held()).toBe(4);
    gate.open();
    for (const call of [...calls, fourth, exported])
      expect(await call).toEqual({ status: 200, body: expect.any(String) });
  });

  it.each([
    ['the list of events', (asking: Asking) => listEvents(asking, { ...PAGE, limit: 10 })],
    ['the events of a person', (asking: Asking) => listPersonEvents(asking, 'u1', { ...PAGE, limit: 10 })],
  ])('wait for a turn before they read anything: %s', async (_, list) => {
    const world = await worldOf();
    const gate = gateOf(world);
    const busy = { take: () => Promise.reject(new Error('busy')) };
    await expect(list({ ...(await world.asking([])), turn: busy } as unknown as Asking)).rejects.toThrow('busy');
    expect(gate.held()).toBe(0);
  });
});
