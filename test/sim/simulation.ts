// Simulation: one seeded run of tenants, clients, imports, cron, questions and faults over the end of a day. Then the
// faults end, the system must come to rest, and the oracle checks the result.

import { DAY_MS, LIMITS, MINUTE_MS } from '../../src/core/limits.ts';
import { Client, insertTenant, type SimTenant } from './clients.ts';
import { HistoryImport, type ImportAct } from './imports.ts';
import { bind, type Product } from './product/product-loader.ts';
import { askAndCheck, randomQuestion } from './questions.ts';
import { comeToRest, planCron } from './rest.ts';
import { Ledger } from './sent.ts';
import { Watch } from './watch.ts';
import { Sequence } from './world/random.ts';
import { World } from './world/world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly products: readonly [Product, ...Product[]];
  readonly masked?: ReadonlySet<string>;
  /** Bounds on the clients and on the events of each client, to shrink a failure. */
  readonly clientsMax?: number;
  readonly eventsMax?: number;
  readonly trace?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly { readonly rule: string; readonly message: string }[];
  readonly traceHash: number;
  readonly events: number;
  readonly steps: number;
  readonly faults: number;
  readonly faultCounts: Readonly<Record<string, number>>;
  /** The occasions of the faults that happened. */
  readonly fired: readonly string[];
  readonly reached: Readonly<Record<string, number>>;
  readonly clients: number;
}

/** The run starts before the end of a day; the faults last until after the first seal of the day is due. */
export const START_MS = Date.UTC(2026, 2, 10, 23, 35);
const TRAFFIC_MS = 45 * MINUTE_MS;
const FAULTS_END_MS = Date.UTC(2026, 2, 11, 3);
/**
 * By this time the seal of the second day is due, and so are the seals of days that became dirty again: a day of ten days
 * before is sealed anew a day after its last seal.
 */
const AT_REST_MS = Date.UTC(2026, 2, 13, 9);
interface Shape {
  readonly regions: readonly string[];
  readonly shardCountMax: number;
  readonly clients: number;
  /** Events of each client. */
  readonly events: number;
  /** Age of the events that devices hold back; 0 when they hold none back. There is one age: each day needs a seal. */
  readonly heldBackMs: number;
  /** Whether the tenant may get more shards during the traffic. */
  readonly splits: boolean;
  readonly imports: boolean;
  /** Whether a rollup is added during the traffic. */
  readonly isRollupLate: boolean;
  /** Whether somebody with the key of the tenant's page sends the ids of its first client. */
  readonly hasStranger: boolean;
}

/** What may become of the two imports of a tenant. */
const IMPORTS: readonly (readonly (readonly ImportAct[])[])[] = [
  [['send'], ['send', 'undo'], ['send', 'replace'], ['send', 'replace', 'undo'], ['send', 'undo', 'replace']],
  [
    ['send'],
    ['send', 'undo'],
    ['send', 'abandon', 'replace'],
    ['send', 'abandon', 'undo'],
    ['abandon', 'undo', 'replace'],
  ],
];

/**
 * A small tenant; one that splits, with events beyond the allowed lateness; and one of two regions, with late events.
 */
const SHAPES: readonly Shape[] = [
  {
    regions: ['weur'],
    shardCountMax: 1,
    clients: 1,
    events: 60,
    heldBackMs: 0,
    splits: false,
    imports: false,
    isRollupLate: false,
    hasStranger: false,
  },
  {
    regions: ['enam'],
    shardCountMax: 2,
    clients: 5,
    events: 80,
    heldBackMs: LIMITS.allowedLatenessMs + DAY_MS,
    splits: true,
    imports: true,
    isRollupLate: false,
    hasStranger: false,
  },
  {
    regions: ['weur', 'enam'],
    shardCountMax: 1,
    clients: 5,
    events: 114,
    heldBackMs: 2 * DAY_MS,
    splits: false,
    imports: false,
    isRollupLate: true,
    hasStranger: true,
  },
];
const RESETS = 9;
/** The least faults of a run; a run in which fewer happened by chance gets the rest as resets. */
const FAULTS_MIN = 20;
const ISOLATE_DEATHS = 6;
const QUESTIONS = 7;
/** Calls that prompt a further question with some chance; the first group of `site` is the tenant of the question. */
const PROMPTS: readonly { readonly site: RegExp; readonly chance: number; readonly fromLake?: number }[] = [
  // A flush is about to be confirmed, so a tail that is read now vanishes under its reader.
  { site: /^r2 put lake\/v1\/(t\d)\/l0/, chance: 0.1, fromLake: 0.4 },
  { site: /^readFlush shard (t\d)/, chance: 0.04 },
  { site: /^confirm shard (t\d)/, chance: 0.1 },
  // The seal makes its revision the one that counts (the flip).
  { site: /^d1 .*DELETE leases (t\d)/, chance: 0.4 },
];

export async function runSeed(options: RunOptions): Promise<RunResult> {
  const { seed, products, masked = new Set() } = options;
  // Two releases run beside each other in one run of three.
  const releases: typeof products = seed % 3 === 0 ? products : [products[0]];
  const world = new World({ seed, startMs: START_MS, products: releases, masked });
  bind(world);
  const { trace } = options;
  if (trace) {
    world.scheduler.onStep = (label, nowMs) => trace(`${new Date(nowMs).toISOString().slice(8, 23)} ${label}`);
    world.onLog = (level, text) => trace(`            ${level}: ${text.slice(0, 400)}`);
  }
  try {
    return await new Simulation(world, options).run();
  } finally {
    world.release();
    bind(null);
  }
}

class Simulation {
  readonly #world: World;
  readonly #options: RunOptions;
  readonly #random: Sequence;
  readonly #watch: Watch;
  #tenants: SimTenant[] = [];
  #clients: Client[] = [];
  #imports: HistoryImport[] = [];

  constructor(world: World, options: RunOptions) {
    this.#world = world;
    this.#options = options;
    this.#random = new Sequence(options.seed, 'simulation');
    this.#watch = new Watch(world);
  }

  async run(): Promise<RunResult> {
    const world = this.#world;
    await this.#makeTenants();
    this.#makeTraffic();
    this.#planFaults();
    this.#planQuestions();
    planCron(world, START_MS, FAULTS_END_MS, 10 * MINUTE_MS);
    await this.#phase(FAULTS_END_MS);
    this.#addMissingFaults();
    if (world.violations.length === 0) {
      await comeToRest(world, this.#tenants, this.#watch, AT_REST_MS, () => this.#waiting());
    }
    return this.#result();
  }

  /** Runs until the time or the first violation; steps after a violation give no further information. */
  async #phase(untilMs: number): Promise<void> {
    await this.#world.scheduler.runUntil(untilMs, () => this.#world.violations.length > 0);
  }

  #waiting(): string[] {
    const clients = this.#clients
      .filter((client) => client.waiting > 0)
      .map(({ options }) => `client ${options.name} has no answer`);
    const imports = this.#imports
      .filter(({ isDone }) => !isDone)
      .map(({ options }) => `import ${options.id} is not done`);
    return [...clients, ...imports];
  }

  async #makeTenants(): Promise<void> {
    const [product] = this.#world.products;
    const db = this.#world.database as unknown as D1Database;
    for (const [index, { regions, shardCountMax, isRollupLate }] of SHAPES.entries()) {
      const uid = `t${index + 1}`;
      const ledger = new Ledger(uid);
      this.#tenants.push({ uid, regions, ledger });
      const shardCount = 1 + this.#random.below(shardCountMax);
      // A tenant tells bots apart from the beginning, from some moment on, or never.
      const telling = (this.#world.seed + index) % 3;
      const tellsBots = telling === 0;
      insertTenant(this.#world, { uid, id: `shop-${index}`, regions, shardCount, tellsBots });
      if (telling === 1) this.#tellBotsLater(uid);
      const definition = { dimensions: ['slot'], numbers: ['amount'], ...(tellsBots && { tellsBots }) } as const;
      const slots = product.makeRollup('slots', definition);
      if (isRollupLate) this.#addRollupLater(uid, slots);
      else await product.createRollup(db, uid, slots, START_MS);
    }
  }

  /** Adds the rollup in mid-window: some events of a minute come before every isolate knows the rollup, some after. */
  #addRollupLater(uid: string, rollup: ReturnType<Product['makeRollup']>): void {
    const db = this.#world.database as unknown as D1Database;
    const atMs = START_MS + this.#random.below(TRAFFIC_MS);
    this.#world.scheduler.at(atMs, `new rollup of ${uid}`, () => {
      void this.#world.products[0].createRollup(db, uid, rollup, atMs);
    });
  }

  #tellBotsLater(uid: string): void {
    const [product] = this.#world.products;
    const atMs = START_MS + Math.floor(TRAFFIC_MS / 2);
    this.#world.scheduler.at(atMs, `${uid} chooses to leave bots out`, () => {
      void product.storeBots(this.#world.database as unknown as D1Database, uid, 'exclude');
    });
  }

  #makeTraffic(): void {
    const { clientsMax = Number.POSITIVE_INFINITY } = this.#options;
    const random = this.#random;
    for (const [index, shape] of SHAPES.entries()) {
      const tenant = this.#tenants[index] as SimTenant;
      for (let i = 0; i < shape.clients; i++) {
        const client = this.#makeClient(tenant, shape, i);
        if (this.#clients.length < clientsMax) this.#clients.push(client);
      }
      if (shape.hasStranger) {
        const stranger = this.#makeStranger(tenant, shape);
        if (this.#clients.length < clientsMax) this.#clients.push(stranger);
      }
      if (shape.imports) {
        const options = { tenant, chunks: 2, rowsPerChunk: 20, repeats: 4, historyMs: shape.heldBackMs };
        for (const [number, acts] of IMPORTS.entries()) {
          const atMs = START_MS + random.below(TRAFFIC_MS);
          const id = `i${number}-${tenant.uid}`;
          this.#imports.push(new HistoryImport(this.#world, { id, atMs, acts: random.pick(acts), ...options }));
        }
      }
      if (shape.splits && random.chance(0.7)) this.#splitLater(tenant.uid);
    }
    for (const client of this.#clients) client.start();
    for (const each of this.#imports) each.start();
  }

  #makeClient(tenant: SimTenant, { splits, regions, events, heldBackMs }: Shape, number: number): Client {
    const random = this.#random;
    const isFlapping = regions.length > 1 && number === 0;
    // A seal finds copies in two regions, or on both sides of a split, only when they have the same day.
    const skewMaxMs = (splits ? 4 : 10) * MINUTE_MS;
    const skewMs = isFlapping ? -random.below(2_000) : random.chance(0.5) ? 0 : (random.next() - 0.5) * 2 * skewMaxMs;
    return new Client(this.#world, {
      name: `c${tenant.uid.slice(1)}${number}`,
      tenant,
      events: Math.min(events, this.#options.eventsMax ?? events),
      startMs: START_MS + random.below(10 * MINUTE_MS),
      endMs: START_MS + TRAFFIC_MS - random.below(10 * MINUTE_MS),
      skewMs: Math.round(skewMs),
      isFlapping,
      alwaysHasTimestamp: isFlapping || splits,
      heldBackMs,
    });
  }

  #makeStranger(tenant: SimTenant, { events }: Shape): Client {
    const strangerTo = `c${tenant.uid.slice(1)}1`;
    const skewMs = 0;
    return new Client(this.#world, {
      name: `stranger to ${strangerTo}`,
      tenant,
      events: Math.min(events, this.#options.eventsMax ?? events),
      startMs: START_MS + this.#random.below(10 * MINUTE_MS),
      endMs: START_MS + TRAFFIC_MS - this.#random.below(10 * MINUTE_MS),
      skewMs,
      alwaysHasTimestamp: true,
      strangerTo,
    });
  }

  /** Plans an operator's request for more shards, which is repeated until it is answered. */
  #splitLater(uid: string): void {
    const world = this.#world;
    const grow = (): void => {
      void world
        .invoke('grow', (isolate) => isolate.product.growShards(isolate.ports(world), uid, 3))
        .then(
          () => world.reach('split'),
          (cause: unknown) => {
            world.onRefused('grow', cause);
            world.scheduler.after(MINUTE_MS, 'grow again', grow);
          },
        );
    };
    world.scheduler.at(START_MS + this.#random.below(TRAFFIC_MS / 2), 'grow', grow);
  }

  /** Plans faults at times of their own, beside the faults that strike by chance. */
  #planFaults(): void {
    const { scheduler, faults, objects } = this.#world;
    // Most of the planned faults fall into the traffic and the work that follows from it.
    const sometime = () =>
      START_MS + this.#random.below(this.#random.chance(0.75) ? 2 * TRAFFIC_MS : FAULTS_END_MS - START_MS);
    for (let i = 0; i < RESETS; i++) {
      const pick = this.#random.next();
      const kind = this.#random.chance(0.2) ? 'superseded' : 'reset';
      scheduler.at(sometime(), `plan reset ${i}`, () => {
        const names = [...objects.keys()];
        const name = names[Math.floor(pick * names.length)];
        if (name !== undefined && faults.isPlanned(kind, `${i}`)) objects.get(name)!.reset(kind);
      });
    }
    for (let i = 0; i < ISOLATE_DEATHS; i++) {
      const pick = this.#random.next();
      scheduler.at(sometime(), `plan death ${i}`, () => {
        const { isolates } = this.#world;
        if (faults.isPlanned('isolate-dies', `${i}`))
          this.#world.killIsolate(isolates[Math.floor(pick * isolates.length)]!);
      });
    }
    if (this.#random.chance(0.3)) {
      scheduler.at(sometime(), 'plan wipe', () => {
        if (!faults.isPlanned('message-lost', 'all')) return;
        this.#world.flushQueue.wipe();
        this.#world.sealQueue.wipe();
      });
    }
    if (this.#random.chance(0.5)) {
      scheduler.at(sometime(), 'plan lost alarms', () => {
        if (!faults.isPlanned('alarm-fails', 'all')) return;
        for (const object of objects.values()) object.loseAlarm();
      });
    }
  }

  /**
   * Adds resets up to the least faults of a run. Masked faults count as well, so that shrinking adds no other faults.
   */
  #addMissingFaults(): void {
    const { masked = new Set() } = this.#options;
    const { faults, objects } = this.#world;
    const names = [...objects.keys()];
    const missing = FAULTS_MIN - faults.fired.length - masked.size;
    for (let i = 0; i < missing; i++) {
      if (faults.isPlanned('reset', `missing ${i}`)) objects.get(names[i % names.length]!)!.reset('reset');
    }
  }

  /** Plans questions at random moments, and while calls are under way that an answer depends on. */
  #planQuestions(): void {
    const { scheduler, network } = this.#world;
    for (let i = 0; i < QUESTIONS; i++) {
      const tenant = this.#random.pick(this.#tenants);
      const atMs = START_MS + 5 * MINUTE_MS + this.#random.below(i % 2 === 0 ? TRAFFIC_MS : FAULTS_END_MS - START_MS);
      scheduler.at(atMs, `question ${i}`, () => this.#ask(tenant));
    }
    network.onEffect = ({ site, detail }) => {
      if (!this.#world.faults.isOn) return;
      for (const prompt of PROMPTS) {
        const uid = prompt.site.exec(`${site} ${detail}`)?.[1];
        if (uid === undefined || !this.#random.chance(prompt.chance)) continue;
        const tenant = this.#tenants.find((each) => each.uid === uid);
        if (tenant) scheduler.after(this.#random.below(60), 'question then', () => this.#ask(tenant, prompt.fromLake));
      }
    };
  }

  #ask(tenant: SimTenant, fromLake = 0.08): void {
    const question = randomQuestion(() => this.#random.next(), this.#world.nowMs, fromLake);
    void askAndCheck(this.#world, tenant, question);
  }

  #result(): RunResult {
    const { seed, violations, scheduler, faults, reached } = this.#world;
    const events = this.#tenants.reduce((sum, { ledger }) => sum + ledger.events.size, 0);
    return {
      seed,
      violations: violations.map(({ rule, message }) => ({ rule, message })),
      traceHash: scheduler.traceHash,
      events,
      steps: scheduler.steps,
      faults: faults.fired.length,
      faultCounts: Object.fromEntries(faults.counts),
      fired: faults.fired.map(({ site }) => site),
      reached: Object.fromEntries(reached),
      clients: this.#clients.length,
    };
  }
}
