// Traffic: events at a steady rate through the real edge, shards, sinks and seals of a simulated world without faults,
// from the first event until its day is sealed, and the platform's bill for them.
//
// The traffic ends at midnight, and its events bear the whole cost of a day, which is the seal: the fewer hours of
// traffic, the more an event costs. The cron runs as long as the traffic, and then as often as the seal needs.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import { insertTenant } from '../../sim/clients.ts';
import { collectOn, eventsRequest } from '../../sim/collect.ts';
import { bind, type Product } from '../../sim/product/product-loader.ts';
import { planCron } from '../../sim/rest.ts';
import { Sequence } from '../../sim/world/random.ts';
import { World } from '../../sim/world/world.ts';
import { Meter } from './meter.ts';
import type { Units } from './prices.ts';

export interface Traffic {
  readonly eventsPerSecond: number;
  readonly eventsPerRequest: number;
  readonly shardCount: number;
  readonly events: number;
  /**
   * With 'device' a request has the events of one device, as SDKs send them; with 'server' the events of many people.
   */
  readonly from: 'device' | 'server';
}

export interface Bill {
  readonly units: Units;
  readonly events: number;
  /** Rows written, by their source. */
  readonly rowsBy: ReadonlyMap<string, number>;
}

export const MIDNIGHT_MS = Date.UTC(2026, 2, 11);
export const SEALED_BY_MS = MIDNIGHT_MS + 2.5 * HOUR_MS;
/** Assumed time until replicas have a write. The longer it takes, the more requests share a row. */
const COMMIT_MS = 10;
export const UID = 't1';
const PEOPLE = 50_000;
const EVENTS = ['Product Viewed', 'Products Searched', 'Product Added', 'Checkout Started', 'Order Completed'];

/** A world after the traffic: its day is sealed. */
export interface Sealed {
  readonly world: World;
  readonly meter: Meter;
  /** The sender of the traffic, which may send more. */
  readonly sender: Sender;
  readonly bill: Bill;
  /** Size of the database before the traffic: tables and indexes without rows. */
  readonly emptyD1Bytes: number;
}

/** Runs the traffic and returns its bill. */
export function billTraffic(product: Product, traffic: Traffic): Promise<Bill> {
  return afterTraffic(product, traffic, async ({ bill }) => bill);
}

/**
 * Runs the traffic until its day is sealed, and then what the caller adds to it.
 * @throws Error when not every event is in the sealed day
 */
export async function afterTraffic<T>(
  product: Product,
  traffic: Traffic,
  then: (sealed: Sealed) => Promise<T>,
): Promise<T> {
  const requests = Math.ceil(traffic.events / traffic.eventsPerRequest);
  const everyMs = (1_000 * traffic.eventsPerRequest) / traffic.eventsPerSecond;
  const startMs = Math.floor(MIDNIGHT_MS - 1_000 - requests * everyMs);
  if (startMs < MIDNIGHT_MS - DAY_MS) throw new Error('The traffic takes more than a day.');
  const world = new World({ seed: 1, startMs, products: [product], isSwarm: false });
  bind(world);
  world.commitLatencyMs = () => COMMIT_MS;
  const meter = new Meter(world);
  try {
    insertTenant(world, { uid: UID, id: 'shop', regions: ['weur'], shardCount: traffic.shardCount });
    const emptyD1Bytes = d1BytesOf(world);
    const sender = new Sender(world, traffic);
    for (let i = 0; i < requests; i++) sender.planRequest(startMs + i * everyMs);
    const firstCronMs = Math.ceil(startMs / MINUTE_MS) * MINUTE_MS;
    planCron(world, firstCronMs, MIDNIGHT_MS, MINUTE_MS);
    planCron(world, MIDNIGHT_MS + 2 * HOUR_MS, SEALED_BY_MS, 5 * MINUTE_MS);
    await world.scheduler.runUntil(SEALED_BY_MS);
    if (world.violations.length > 0) throw world.violations[0];
    mustBeSealed(world, sender.events);
    const bill = { units: { ...meter.units }, events: sender.events, rowsBy: meter.rowsBy };
    return await then({ world, meter, sender, bill, emptyD1Bytes });
  } finally {
    meter.stop();
    world.release();
    bind(null);
  }
}

/** Bytes of the pages in use. */
export function d1BytesOf(world: World): number {
  const sql = `SELECT (page_count - freelist_count) * page_size AS bytes
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size`;
  return (world.database.select(sql, []) as { bytes: number }[])[0]!.bytes;
}

export function mustBeSealed(world: World, events: number): void {
  const days = world.database.select('SELECT events FROM sealed_days', []) as { events: number }[];
  const sealed = days.reduce((sum, day) => sum + day.events, 0);
  if (sealed !== events) throw new Error(`${sealed} events are in sealed days, and ${events} were sent.`);
}

export class Sender {
  events = 0;
  readonly #world: World;
  readonly #traffic: Traffic;
  readonly #random: Sequence;

  constructor(world: World, traffic: Traffic) {
    this.#world = world;
    this.#traffic = traffic;
    this.#random = new Sequence(1, 'cost');
  }

  /** `lateMs`: how long before the request its events happened. */
  planRequest(atMs: number, lateMs = 0): void {
    this.#world.scheduler.at(atMs, 'request', () => {
      void this.#send(this.#body(lateMs)).catch((cause: unknown) =>
        this.#world.violate('cost', cause instanceof Error ? `${cause.stack}` : String(cause)),
      );
    });
  }

  async #send(body: string): Promise<void> {
    const world = this.#world;
    const { accepted } = await world.invoke('collect', (isolate) =>
      collectOn(isolate, world, eventsRequest(body), () => isolate.tenants.byUid(UID)),
    );
    if (accepted !== this.#traffic.eventsPerRequest)
      throw new Error(`Only ${accepted} events of a request were accepted.`);
  }

  #body(lateMs: number): string {
    const { eventsPerRequest, from } = this.#traffic;
    const atMs = this.#world.nowMs - lateMs;
    const device = this.#random.below(PEOPLE);
    const batch = Array.from({ length: eventsPerRequest }, (_, i) => {
      const id = `event-${++this.events}`;
      const anonymousId = `device-${from === 'device' ? device : this.#random.below(PEOPLE)}`;
      const product = this.#random.below(400);
      return {
        id,
        type: 'track',
        event: EVENTS[this.#random.below(EVENTS.length)],
        anonymousId,
        timestamp: new Date(atMs - 100 * (eventsPerRequest - i)).toISOString(),
        properties: { sku: `sku-${product}`, category: `category-${product % 8}`, price: 199 + product, quantity: 1 },
      };
    });
    return JSON.stringify({ batch });
  }
}
