// Clients: devices and servers that send events, and send them again until an answer says that they are durable. Their
// clocks are wrong, they wait offline, they repeat events of earlier requests, and they mix in invalid events.

import { LIMITS, MINUTE_MS } from '../../src/core/limits.ts';
import { collectOn, eventsRequest } from './collect.ts';
import type { Ledger, WireEvent } from './sent.ts';
import { NetworkError } from './world/network.ts';
import { Sequence } from './world/random.ts';
import type { World } from './world/world.ts';

const SECOND_MS = 1_000;
const CRAWLER = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

export interface SimTenant {
  readonly uid: string;
  readonly regions: readonly string[];
  readonly ledger: Ledger;
}

/** Inserts a tenant as the control plane does; the routes of the control plane are tested elsewhere. */
export function insertTenant(
  world: World,
  {
    uid,
    id,
    regions,
    shardCount,
    tellsBots = false,
  }: {
    readonly uid: string;
    readonly id: string;
    readonly regions: readonly string[];
    readonly shardCount: number;
    /** Whether the tenant's rollups tell bots apart. Default: it is a tenant from before they could. */
    readonly tellsBots?: boolean;
  },
): void {
  const hashKey = uid.replace(/\D/g, '').padStart(32, 'a');
  const bots = tellsBots ? ['exclude', 0] : [null, 1];
  world.database.select(
    `INSERT INTO tenants
       (uid, id, name, regions, timezone, hash_key, shard_count, created_at_ms, bots, has_plain_rollups)
     VALUES (?, ?, 'Shop', ?, 'UTC', ?, ?, ?, ?, ?)`,
    [uid, id, JSON.stringify(regions), hashKey, shardCount, world.nowMs, ...bots],
  );
}

export interface ClientRequest {
  readonly batch: readonly unknown[];
  /** The valid events of the batch. */
  readonly events: readonly WireEvent[];
}

/** The continent by which the edge chooses each region. */
export const CONTINENT_OF: Readonly<Record<string, string>> = { weur: 'EU', enam: 'NA', apac: 'AS' };

export interface ClientOptions {
  readonly name: string;
  readonly tenant: SimTenant;
  readonly events: number;
  readonly startMs: number;
  readonly endMs: number;
  /** The client's clock minus the true time. */
  readonly skewMs: number;
  /** Whether requests of this client reach now one region, now another. */
  readonly isFlapping?: boolean;
  /** How old the events of some of the client's requests are. */
  readonly heldBackMs?: number;
  /** Whether every event of the client has a timestamp. */
  readonly alwaysHasTimestamp?: boolean;
  readonly people?: number;
  /** The client that a stranger with the page's key sends the ids of, under devices of its own. Default: no stranger. */
  readonly strangerTo?: string;
}

export class Client {
  readonly options: ClientOptions;
  /** How many requests are not answered yet. */
  waiting = 0;
  readonly #world: World;
  readonly #random: Sequence;
  readonly #region: string;
  readonly #done: WireEvent[] = [];
  #made = 0;

  constructor(world: World, options: ClientOptions) {
    this.#world = world;
    this.options = options;
    this.#random = new Sequence(world.seed, `client ${options.name}`);
    this.#region = this.#random.pick(options.tenant.regions);
  }

  /** Puts all requests of this client on the schedule. */
  start(): void {
    const { startMs, endMs, events, name } = this.options;
    let left = events;
    while (left > 0) {
      const size = Math.min(left, 1 + this.#random.below(this.#random.chance(0.6) ? 50 : 12));
      left -= size;
      // Most of the traffic is around the middle, where the day ends.
      const spread = (this.#random.next() + this.#random.next()) / 2;
      const atMs = Math.floor(startMs + spread * (endMs - startMs));
      this.#world.scheduler.at(atMs, `${name} sends`, () => this.#begin(size));
    }
  }

  #begin(size: number): void {
    void this.submit(this.#makeRequest(size));
  }

  /** Sends a request until it is answered. */
  submit(request: ClientRequest, region = this.#region): Promise<void> {
    this.waiting++;
    return new Promise((resolve) => this.#send(request, region, 1, resolve));
  }

  #makeRequest(size: number): ClientRequest {
    const heldBackMs = this.#heldBack();
    const events: WireEvent[] = [];
    const batch: unknown[] = [];
    for (let i = 0; i < size; i++) {
      const repeated = this.#done.length > 0 && this.#random.chance(0.03);
      const event = repeated ? this.#random.pick(this.#done) : this.#makeEvent(heldBackMs);
      events.push(event);
      batch.push(event);
      if (this.#random.chance(0.02)) {
        events.push(event);
        batch.push(event);
      }
      if (this.#random.chance(0.02)) batch.push({ id: `bad-${this.#made}`, type: 'no such type' });
    }
    this.#done.push(...events);
    return { events, batch };
  }

  #makeEvent(heldBackMs: number): WireEvent {
    const { name, tenant, people = 12, strangerTo } = this.options;
    const random = this.#random;
    const id = `${strangerTo ?? name}-${++this.#made}`;
    const person = random.below(people);
    if (strangerTo !== undefined) return this.#junk(id, `stranger-${person}`);
    const kind = random.next();
    return {
      id,
      type: random.chance(0.25) ? 'page' : 'track',
      event: random.pick(['Viewed', 'Added', 'Bought', 'Left']),
      ...(kind < 0.7 && { anonymousId: `${tenant.uid}-device-${person}` }),
      ...(kind > 0.5 && kind < 0.9 && { userId: `user-${person}` }),
      ...(((kind > 0.45 && kind < 0.52) || kind > 0.96) && { context: { userAgent: CRAWLER } }),
      ...this.#timestamp(heldBackMs),
      properties: { slot: `slot-${random.below(40)}`, amount: random.below(2_000) / 100 },
    };
  }

  #junk(id: string, anonymousId: string): WireEvent {
    const properties = { slot: 'slot-junk', amount: 0 };
    return { id, type: 'track', event: 'Junk', anonymousId, ...this.#timestamp(0), properties, sentAs: 'browser' };
  }

  /** A device that was offline sends its old events in separate requests: a flush has a row group for each day. */
  #heldBack(): number {
    return this.#random.chance(0.07) ? (this.options.heldBackMs ?? 0) : 0;
  }

  /** The timestamp by the client's clock: mostly just now, sometimes a while ago, sometimes absent. */
  #timestamp(heldBackMs: number): { timestamp?: string } {
    const random = this.#random;
    const clockMs = this.#world.nowMs + this.options.skewMs;
    const kind = random.next();
    if (kind < 0.08 && !this.options.alwaysHasTimestamp) return {};
    const ageMs = heldBackMs + random.below(kind > 0.85 ? 20 * MINUTE_MS : 20 * SECOND_MS);
    return { timestamp: new Date(clockMs - ageMs).toISOString() };
  }

  /** Makes one attempt; after a failure it makes another, with a new `sentAt`. */
  #send(request: ClientRequest, home: string, attempt: number, onAnswered: () => void): void {
    const { tenant, isFlapping, name } = this.options;
    const { scheduler, faults } = this.#world;
    const region = isFlapping && this.#random.chance(0.3) ? this.#random.pick(tenant.regions) : home;
    const sentAtMs = scheduler.nowMs + this.options.skewMs;
    const doubled = faults.strike('request-twice', name);
    const deliver = (delayMs: number, onAnswer: ((answered: boolean) => void) | null) =>
      scheduler.after(delayMs, `request of ${name}`, () => {
        void this.#collect(request, region, sentAtMs).then(
          () => onAnswer?.(true),
          (cause: unknown) => {
            this.#world.onRefused(`collect for ${name}`, cause);
            onAnswer?.(false);
          },
        );
      });
    if (doubled) deliver(1 + doubled.size * 90 * SECOND_MS, null);
    deliver(this.#random.below(60), (answered) => {
      if (answered) {
        this.waiting--;
        onAnswered();
        return;
      }
      scheduler.after(backoffMs(attempt, this.#random), `${name} tries again`, () =>
        this.#send(request, home, attempt + 1, onAnswered),
      );
    });
  }

  /** Calls the edge. The ledger counts events as acknowledged only when the answer reaches the client. */
  async #collect(request: ClientRequest, region: string, sentAtMs: number): Promise<void> {
    const world = this.#world;
    const { tenant } = this.options;
    const { ledger } = tenant;
    ledger.attempted.received += request.batch.length;
    ledger.attempted.rejected += request.batch.length - request.events.length;
    const body = JSON.stringify({ batch: request.batch, sentAt: new Date(sentAtMs).toISOString() });
    const http = eventsRequest(body, { continent: CONTINENT_OF[region] });
    const verdict = await world.invoke('collect', (isolate) => {
      const authenticate = async () => {
        const known = await isolate.tenants.byUid(tenant.uid);
        if (known === null) throw new Error('no such tenant');
        // The edge stamps the time of receipt right after authentication.
        for (const wire of request.events) this.#note(wire, region, sentAtMs, world.nowMs);
        return { ...known, scope: this.options.strangerTo === undefined ? 'server' : 'browser' };
      };
      return collectOn(isolate, world, http, authenticate);
    });
    const lost = world.faults.strike('lost-reply', `http ${this.options.name}`);
    if (lost) throw new NetworkError('the answer was lost');
    for (const field of ['received', 'accepted', 'duplicate', 'rejected'] as const)
      ledger.answered[field] += verdict[field];
    if (verdict.received !== verdict.accepted + verdict.duplicate + verdict.rejected) {
      world.violate('F1', `a verdict does not add up: ${JSON.stringify(verdict)}`);
    }
    ledger.acked(request.events, world.nowMs);
  }

  #note(wire: WireEvent, region: string, sentAtMs: number, receivedAtMs: number): void {
    const saidMs = wire.timestamp === undefined ? receivedAtMs : Date.parse(wire.timestamp);
    const shiftMs = sentAtMs - receivedAtMs > LIMITS.fastClockMs ? sentAtMs - receivedAtMs : 0;
    const atMs =
      wire.timestamp === undefined ? receivedAtMs : Math.min(saidMs - shiftMs, receivedAtMs + LIMITS.futureClampMs);
    this.options.tenant.ledger.sent(wire, { min: atMs, max: atMs }).regions.add(region);
  }
}

function backoffMs(attempt: number, random: Sequence): number {
  return Math.min(SECOND_MS * 2 ** attempt, 5 * MINUTE_MS) * (0.5 + random.next());
}
