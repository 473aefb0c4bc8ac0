// Cost: the platform's bill for a million events, from the request to the sealed day, by kind of traffic. docs/costs.md
// lists the counted units and the assumptions.

import { bundleProduct } from '../../sim/product/build.ts';
import { loadProduct, type Product } from '../../sim/product/product-loader.ts';
import type { Figure } from '../report.ts';
import { DOLLARS_PER_MILLION, dollarsOf, OBJECT_GB, perMillion, rowsWrittenOf, unitNames } from './prices.ts';
import { type Bill, billTraffic, type Traffic } from './traffic.ts';
import { billWeek, CAUSES, type Week } from './week.ts';

interface Case {
  readonly name: string;
  readonly traffic: Omit<Traffic, 'events'>;
  readonly events: number;
  readonly eventsQuick: number;
  readonly dollarsMax?: number;
  readonly rowsMax?: number;
}

const FIFTY = { eventsPerRequest: 50, from: 'device' } as const;
const ONE_SHARD: Case = {
  name: '50 a request, 2,000/s, 1 shard',
  traffic: { ...FIFTY, eventsPerSecond: 2_000, shardCount: 1 },
  events: 300_000,
  eventsQuick: 60_000,
  dollarsMax: 0.1,
  rowsMax: 30_000,
};
const EIGHT_SHARDS: Case = {
  name: '50 a request, 16,000/s, 8 shards',
  traffic: { ...FIFTY, eventsPerSecond: 16_000, shardCount: 8 },
  events: 320_000,
  eventsQuick: 80_000,
  dollarsMax: 0.1,
  rowsMax: 30_000,
};
/**
 * A server's batches of many people: each shard more costs a row of its own for a request. A tenant has several shards when its
 * traffic asked for them; 2,000/s over 4, 8 and 64 is the price of shards that it does not need any more.
 */
const OF_ANYONE: readonly Case[] = (
  [
    [1, 2_000, 0.1],
    [4, 8_000, 0.1],
    [4, 2_000, undefined],
    [8, 2_000, undefined],
    [64, 2_000, undefined],
  ] as const
).map(([shardCount, eventsPerSecond, dollarsMax]) => ({
  name: `50 of anyone a request, ${eventsPerSecond / 1_000},000/s, ${shardCount} shard${shardCount === 1 ? '' : 's'}`,
  traffic: { eventsPerRequest: 50, from: 'server', eventsPerSecond, shardCount },
  events: 100_000,
  eventsQuick: 40_000,
  ...(dollarsMax !== undefined && { dollarsMax }),
}));
const CASES: readonly Case[] = [
  ...OF_ANYONE,
  {
    name: '50 of anyone a request, 16,000/s, 8 shards',
    traffic: { eventsPerRequest: 50, from: 'server', eventsPerSecond: 16_000, shardCount: 8 },
    events: 160_000,
    eventsQuick: 80_000,
    dollarsMax: 0.1,
  },
  {
    name: '50 of anyone a request, 40,000/s, 8 shards',
    traffic: { eventsPerRequest: 50, from: 'server', eventsPerSecond: 40_000, shardCount: 8 },
    events: 160_000,
    eventsQuick: 80_000,
    dollarsMax: 0.1,
    rowsMax: 30_000,
  },
  {
    name: '3 a request, 10/s, 1 shard',
    traffic: { eventsPerRequest: 3, from: 'device', eventsPerSecond: 10, shardCount: 1 },
    events: 144_000,
    eventsQuick: 54_000,
    dollarsMax: 0.5,
  },
  {
    name: '1 a request, 1/s, 1 shard',
    traffic: { eventsPerRequest: 1, from: 'device', eventsPerSecond: 1, shardCount: 1 },
    events: 43_200,
    eventsQuick: 14_400,
    dollarsMax: 2,
  },
];

/** Loads the product with the limits of production instead of the simulator's small ones. */
export async function loadPricedProduct(): Promise<Product> {
  return loadProduct(await bundleProduct([]), 'product.js', 1);
}

export async function benchCost(isQuick: boolean): Promise<Figure[]> {
  const product = await loadPricedProduct();
  const bill = ({ traffic, events, eventsQuick }: Case) =>
    billTraffic(product, { ...traffic, events: isQuick ? eventsQuick : events });
  const one = await bill(ONE_SHARD);
  const eight = await bill(EIGHT_SHARDS);
  const figures = [...figuresOf(ONE_SHARD, one), ...figuresOf(EIGHT_SHARDS, eight)];
  figures.push({
    name: 'cost, 50 a request: 8 shards relative to 1 shard',
    value: dollarsOf(perMillion(eight.units, eight.events)) / dollarsOf(perMillion(one.units, one.events)),
    unit: '×',
    bound: { atLeast: 0.9, atMost: 1.1 },
  });
  for (const each of CASES) figures.push(...figuresOf(each, await bill(each)));
  for (const each of [ONE_SHARD, OF_ANYONE[0]!, OF_ANYONE[2]!, CASES.at(-2)!, CASES.at(-1)!]) {
    const { name, traffic, eventsQuick } = each;
    figures.push(...weekFigures(name, await billWeek(product, { ...traffic, events: eventsQuick })));
  }
  return figures;
}

/** The bill of a week, all in. */
function weekFigures(name: string, { events, dollars }: Week): Figure[] {
  const total = CAUSES.reduce((sum, cause) => sum + dollars[cause], 0);
  const millions = events / 1_000_000;
  return [
    { name: `week all in, ${name}`, value: total, unit: '$ a week' },
    { name: `week all in, ${name}: by event`, value: total / millions, unit: '$ a million events' },
    ...CAUSES.map((cause) => ({
      name: `week all in, ${name}: ${cause}`,
      value: dollars[cause] / millions,
      unit: '$ a million events',
    })),
  ];
}

function figuresOf({ name, traffic, dollarsMax, rowsMax }: Case, { units, events }: Bill): Figure[] {
  const million = perMillion(units, events);
  const dollars = dollarsOf(million);
  const secondsInMemory = (1_000_000 / traffic.eventsPerSecond) * traffic.shardCount;
  const gbSecondsMore = Math.max(0, secondsInMemory * OBJECT_GB - million.objectGbSeconds);
  const dollarsInMemory = dollars + (gbSecondsMore * DOLLARS_PER_MILLION.objectGbSeconds) / 1_000_000;
  return [
    {
      name: `cost, ${name}`,
      value: dollars,
      unit: '$ a million events',
      ...(dollarsMax !== undefined && { bound: { atMost: dollarsMax } }),
    },
    {
      name: `cost, ${name}: rows written`,
      value: rowsWrittenOf(million),
      unit: 'a million events',
      ...(rowsMax !== undefined && { bound: { atMost: rowsMax } }),
    },
    ...unitNames.map((unit) => ({ name: `cost, ${name}: ${unit}`, value: million[unit], unit: 'a million events' })),
    { name: `cost, ${name}: total if idle objects were billed`, value: dollarsInMemory, unit: '$ a million events' },
  ];
}
