// People probe: a separate process that asks questions about many people with traits and links, checks each answer against a
// count by hand, and prints a line of JSON a question:
// `node --expose-gc people-probe.ts <people> memory|time`.
//
// - Memory is what the question holds at its greatest, over what was held before, counted after full garbage collections in
//   the middle of it: heap and array buffers. The links that the isolate keeps are in it for the first question alone.
// - Time is CPU time: wall time includes other processes.

import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import { clientOf } from '../../query/support/client.ts';
import { eventCountOf, eventsOf, type Person, PLANS, personOf, sumBy } from '../../query/support/many-people.ts';
import { UID, World } from '../../query/support/world.ts';
import { record } from '../../support/events.ts';
import { listingOf } from '../../support/fake-directory.ts';

export interface PeopleReport {
  readonly name: string;
  readonly cpuMs: number;
  readonly heldBytes: number;
}

const NOW_MS = Date.UTC(2026, 2, 10, 12);
const RANGE = { from: '2026-03-08', to: '2026-03-11' };
const PIECE = 5_000;
/** Reads of the lake between two looks at the memory. */
const READS_PER_LOOK = 3;
const { gc } = globalThis as unknown as { readonly gc: () => void };

const [count, mode] = [Number(process.argv[2]), process.argv[3]];
const people = Array.from({ length: count }, (_, number) => personOf(number));

function held(): number {
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function fill(): Promise<World> {
  const world = new World({ nowMs: NOW_MS });
  // Each flush is of one day, as it is where events are stored when they come.
  const byDay = Array.from({ length: count }, (_, number) => number).sort((a, b) => (b % 3) - (a % 3));
  for (let from = 0; from < count; from += PIECE) {
    const numbers = byDay.slice(from, from + PIECE);
    world.append(0, numbers.flatMap((number) => eventsOf(number, NOW_MS)).map(record));
    world.events.length = 0;
    await world.store(0);
  }
  const who = { events: ['Buy'], count: { gte: 2 }, days: 30 };
  await createCohort(world.db, UID, { id: 'often', name: 'o', who, timezone: 'UTC', createdAtMs: 0 });
  return world;
}

/** The world's lake without its shards, which hold every event in memory. */
function lakeOf(world: World, onRead: () => void) {
  const { lake, ...ports } = world.ports;
  const get = lake.get.bind(lake);
  const watched = Object.assign(Object.create(lake) as typeof lake, {
    get: (...args: Parameters<typeof get>) => {
      onRead();
      return get(...args);
    },
  });
  world.shards.length = 0;
  return { tenant: world.tenant, ports: { ...ports, lake: watched, directoryOf: listingOf(async () => []) } };
}

type Totals = Map<string | null, number>;

interface Question {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  readonly totals: (answer: Answer) => Totals;
  readonly expected: Totals;
}

interface Answer {
  readonly series: readonly { readonly key: Readonly<Record<string, string | null>>; readonly total: number }[];
  readonly groups: readonly { readonly key: Readonly<Record<string, string>>; readonly steps: readonly Step[] }[];
  readonly steps: readonly Step[];
  readonly overall: readonly { readonly retained: number }[];
  readonly meta: { readonly estimated?: boolean };
}

interface Step {
  readonly people: number;
}

const bySeries = ({ series }: Answer): Totals =>
  new Map(series.map(({ key, total }) => [Object.values(key)[0] ?? null, total]));
const one = (total: number): Totals => new Map([[null, total]]);
const buyers = (wanted: (person: Person) => boolean = () => true) =>
  people.filter((person) => person.buys > 0 && wanted(person)).length;
const FUNNEL = { steps: [{ event: 'View' }, { event: 'Buy' }], windowSeconds: 3_600 };
const PRO = { property: 'person.plan', op: 'in', value: ['pro'] };

const counted = (name: string, body: object, expected: Totals): Question => {
  return { name, path: 'query', body, totals: bySeries, expected };
};
const byEvent = (name: string) =>
  counted(
    name,
    { measure: 'users', groupBy: ['event'] },
    new Map([
      ['View', count],
      ['identify', count],
      ['Buy', buyers()],
    ]),
  );

const questions: readonly Question[] = [
  byEvent('users by event, links read'),
  byEvent('users by event'),
  counted(
    'count by person.plan',
    { measure: 'count', groupBy: ['person.plan'] },
    sumBy(people, ({ plan }) => plan, eventCountOf),
  ),
  counted(
    'count by person.first_touch.utm_source',
    { measure: 'count', groupBy: ['person.first_touch.utm_source'] },
    sumBy(people, ({ source }) => source, eventCountOf),
  ),
  counted(
    'users of a cohort',
    { measure: 'users', where: { cohort: 'often' } },
    one(people.filter(({ buys }) => buys >= 2).length),
  ),
  {
    name: 'funnel',
    path: 'query/funnel',
    body: FUNNEL,
    totals: ({ steps }) => one(steps[1]!.people),
    expected: one(buyers()),
  },
  {
    name: 'funnel by person.plan',
    path: 'query/funnel',
    body: { ...FUNNEL, groupBy: 'person.plan' },
    totals: ({ groups }) => new Map(groups.map(({ key, steps }) => [Object.values(key)[0]!, steps[1]!.people])),
    expected: new Map(PLANS.map((plan) => [plan, buyers((person) => person.plan === plan)])),
  },
  {
    name: 'retention where person.plan',
    path: 'query/retention',
    body: { start: { event: 'View' }, return: { event: 'Buy', where: PRO }, interval: 'day' },
    totals: ({ overall }) => one(overall[0]!.retained),
    expected: one(buyers(({ plan }) => plan === 'pro')),
  },
];

const world = await fill();
let reads = 0;
let mostHeld = 0;
const { tenant, ports } = lakeOf(world, () => {
  if (mode === 'memory' && reads++ % READS_PER_LOOK === 0) mostHeld = Math.max(mostHeld, held());
});
const client = clientOf({ tenant, ports } as unknown as World, RANGE);
const text = (totals: Totals) => JSON.stringify([...totals].filter(([, total]) => total > 0).sort());
for (const { name, path, body, totals, expected } of questions) {
  const before = held();
  mostHeld = before;
  const used = process.cpuUsage();
  const answer = await client(path, body);
  const { user, system } = process.cpuUsage(used);
  if (answer.status !== 200) throw new Error(`${name}: ${JSON.stringify(answer.body)}`);
  const parsed = JSON.parse(answer.body) as Answer;
  if (parsed.meta.estimated) throw new Error(`${name} is estimated`);
  const found = text(totals(parsed));
  if (found !== text(expected)) throw new Error(`${name}: ${found}, not ${text(expected)}`);
  const report: PeopleReport = { name, cpuMs: (user + system) / 1_000, heldBytes: mostHeld - before };
  console.log(JSON.stringify(report));
}
