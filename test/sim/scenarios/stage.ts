// Stage: a world without random faults, for a scenario that makes its own. The scenario holds calls, resets objects and
// redelivers messages at exactly the moments that it is about.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import { Client, type ClientOptions, insertTenant, type SimTenant } from '../clients.ts';
import { HistoryImport, type ImportOptions } from '../imports.ts';
import { bind, type Product } from '../product/product-loader.ts';
import { askAndCheck, type Question } from '../questions.ts';
import { comeToRest, planCron } from '../rest.ts';
import { Ledger, type WireEvent } from '../sent.ts';
import { Watch } from '../watch.ts';
import type { Call, Hold } from '../world/network.ts';
import type { SimObject } from '../world/objects.ts';
import { World } from '../world/world.ts';

export const NOON_MS = Date.UTC(2026, 2, 10, 12);
/** A stretch of time in which any call without faults ends. */
export const MOMENT_MS = 5_000;

export interface Scenario {
  readonly name: string;
  /** The time at which the run begins. Default: noon. */
  readonly startMs?: number;
  readonly run: (stage: Stage) => Promise<void>;
}

export interface Sending {
  readonly count?: number;
  /** Age of the event time; null when the events have no timestamp. Default: 0. */
  readonly ageMs?: number | null;
  readonly region?: string;
  /** Events to send again, in place of new ones. */
  readonly again?: readonly WireEvent[];
}

export class Stage {
  readonly world: World;
  readonly tenants: SimTenant[] = [];
  readonly #watch: Watch;
  readonly #clients = new Map<string, Client>();
  readonly #imports: HistoryImport[] = [];
  #made = 0;

  constructor(
    products: readonly [Product, ...Product[]],
    { startMs = NOON_MS }: Pick<Scenario, 'startMs'>,
    seed: number,
  ) {
    this.world = new World({ seed, startMs, products, isSwarm: false });
    bind(this.world);
    this.#watch = new Watch(this.world);
  }

  get violations(): readonly string[] {
    return this.world.violations.map(({ message }) => message);
  }

  tenant(shape: Partial<Parameters<typeof insertTenant>[1]> = {}): SimTenant {
    const { regions = ['weur'], shardCount = 1, uid = `t${this.tenants.length + 1}`, id = uid } = shape;
    insertTenant(this.world, { uid, id, regions, shardCount });
    const tenant = { uid, regions, ledger: new Ledger(uid) };
    this.tenants.push(tenant);
    return tenant;
  }

  /** Sends one request from the tenant's client; `answered` resolves with the answer. */
  send(
    tenant: SimTenant,
    { count = 10, ageMs = 0, region, again }: Sending = {},
  ): { events: WireEvent[]; answered: Promise<void> } {
    const client = this.client(tenant);
    const events = again ? [...again] : Array.from({ length: count }, () => this.event(tenant, ageMs));
    return { events, answered: client.submit({ batch: events, events }, region ?? tenant.regions[0]) };
  }

  client(tenant: SimTenant, options: Partial<ClientOptions> = {}): Client {
    const name = options.name ?? `client of ${tenant.uid}`;
    let client = this.#clients.get(name);
    if (client === undefined) {
      client = new Client(this.world, { name, tenant, events: 0, startMs: 0, endMs: 1, skewMs: 0, ...options });
      this.#clients.set(name, client);
    }
    return client;
  }

  event(tenant: SimTenant, ageMs: number | null = 0): WireEvent {
    const number = ++this.#made;
    return {
      id: `${tenant.uid}-e${number}`,
      type: 'track',
      event: 'Viewed',
      anonymousId: `device-${number % 7}`,
      ...(ageMs !== null && { timestamp: new Date(this.world.nowMs - ageMs).toISOString() }),
      properties: { slot: `slot-${number % 40}`, amount: (number % 100) / 4 },
    };
  }

  startImport(tenant: SimTenant, id: string, repeats: number, more: Partial<ImportOptions> = {}): HistoryImport {
    const options = { id, tenant, atMs: this.world.nowMs + 1, chunks: 1, rowsPerChunk: 20, repeats, ...more };
    const started = new HistoryImport(this.world, options);
    this.#imports.push(started);
    started.start();
    return started;
  }

  async pass(ms: number = MOMENT_MS): Promise<void> {
    await this.world.scheduler.runUntil(this.world.nowMs + ms);
  }

  async passUntil(atMs: number): Promise<void> {
    await this.world.scheduler.runUntil(atMs);
  }

  /** Lets time pass until a call is held. */
  async passUntilHeld(hold: Hold): Promise<void> {
    await this.world.scheduler.runUntil(this.world.nowMs + HOUR_MS, () => hold.held.length > 0);
    this.must(hold.held.length > 0, 'a call must reach the place where the scenario holds it');
  }

  hold(phase: Hold['phase'], site: RegExp, filter: (call: Call) => boolean = () => true): Hold {
    return this.world.network.hold(phase, (call) => site.test(`${call.site} ${call.detail}`) && filter(call));
  }

  /** Asks a question and checks the answer against the ledger. Default: events of the last days, by name. */
  ask(tenant: SimTenant, question: Partial<Question> = {}): Promise<void> {
    const today = Math.floor(this.world.nowMs / DAY_MS) * DAY_MS;
    const range = { startMs: today - 12 * DAY_MS, endMs: today + 2 * DAY_MS };
    return askAndCheck(this.world, tenant, { measure: 'count', groupBy: ['event'], ...range, ...question });
  }

  /** Reads an export of all days. Returns null when it was whole and has a receipt, or its failure. */
  export(tenant: SimTenant): Promise<unknown> {
    return this.world
      .invoke('export', async (isolate) => {
        const { product } = isolate;
        const ports = isolate.ports(this.world);
        const known = await isolate.tenants.byUid(tenant.uid);
        const asking = await product.beginAsking(ports, known!.tenant, ports.now());
        const range = { startMs: 0, endMs: this.world.nowMs + DAY_MS, where: null, allowUnknown: false };
        const request = { id: `x${this.world.nowMs}`, format: 'ndjson', columns: ['id', 'event'], range } as const;
        const plan = await product.planExport(asking, request);
        if (!plan.ok) return plan.error.code;
        for await (const _ of product.streamExport(asking, plan.value));
        return null;
      })
      .catch((cause: unknown) => cause);
  }

  shard(tenant: SimTenant, region = tenant.regions[0], index = 0): SimObject {
    return this.world.object(`shard ${tenant.uid}/${region}/${index}`);
  }

  /** Cuts the events that the shard holds and waits until they are stored. */
  async store(tenant: SimTenant, region = tenant.regions[0]): Promise<void> {
    const address = { uid: tenant.uid, region, index: 0 };
    const cut = this.shard(tenant, region).deliver('cut', [{ address }]);
    // The cut may fail when the scenario makes a write fail.
    cut.catch(() => {});
    await this.pass(MINUTE_MS);
  }

  /** Plans runs of the cron every five minutes until `untilMs`. */
  cron(untilMs: number): void {
    planCron(this.world, Math.ceil(this.world.nowMs / (5 * MINUTE_MS)) * 5 * MINUTE_MS, untilMs, 5 * MINUTE_MS);
  }

  /** Notes a violation when the condition does not hold; the message says what must hold. */
  must(condition: boolean, message: string): void {
    if (!condition) this.world.violate('scenario', message);
  }

  acked(tenant: SimTenant): number {
    return [...tenant.ledger.events.values()].filter(({ ackedAtMs }) => ackedAtMs !== null).length;
  }

  /** Gives the system time to store and seal everything, then runs the oracle. */
  async rest(): Promise<void> {
    const atRestMs = Math.ceil((this.world.nowMs + HOUR_MS) / DAY_MS) * DAY_MS + 4 * HOUR_MS;
    await comeToRest(this.world, this.tenants, this.#watch, atRestMs, () => [
      ...[...this.#clients.values()].filter(({ waiting }) => waiting > 0).map(({ options }) => `${options.name} waits`),
      ...this.#imports.filter(({ isDone }) => !isDone).map(({ options }) => `import ${options.id} is not done`),
    ]);
  }

  close(): void {
    this.world.release();
    bind(null);
  }
}
