// World: the platform of one run: clock, network, objects, queues, D1, R2, isolates, and counters of rare states.

import { FakeBucket } from '../../support/fake-bucket.ts';
import { FakeD1 } from '../../support/fake-d1.ts';
import type { Product, Surroundings } from '../product/product-loader.ts';
import { SimD1 } from './d1.ts';
import { Faults } from './faults.ts';
import { Isolate } from './isolate.ts';
import { type Caller, Network } from './network.ts';
import { SimObject } from './objects.ts';
import { SimQueue } from './queue.ts';
import { bucketBinding } from './r2.ts';
import { Sequence, Sites } from './random.ts';
import { Scheduler } from './scheduler.ts';

const ISOLATES = 3;
const BATCH_MAX = { flush: 10, seal: 10 };

export interface WorldOptions {
  readonly seed: number;
  readonly startMs: number;
  /** Releases that run beside each other; the first one is that of the sources. */
  readonly products: readonly [Product, ...Product[]];
  /** Occasions at which no fault happens. */
  readonly masked?: ReadonlySet<string>;
  /** Whether random faults happen. Default: true. A scenario makes its own. */
  readonly isSwarm?: boolean;
  /** Messages of a batch of each queue. */
  readonly batchMax?: { readonly flush: number; readonly seal: number };
}

/** A broken rule, which ends the run. */
export class Violation extends Error {
  override name = 'Violation';
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
  }
}

/** The database that serves all runs of a thread: creating one costs more than emptying one. */
let database: FakeD1 | null = null;

export class World implements Surroundings {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly network: Network;
  readonly products: readonly [Product, ...Product[]];
  readonly database: FakeD1;
  readonly bucket = new FakeBucket();
  readonly objects = new Map<string, SimObject>();
  readonly flushQueue: SimQueue;
  readonly sealQueue: SimQueue;
  /** How often each rare state occurred. */
  readonly reached = new Map<string, number>();
  readonly violations: Violation[] = [];
  readonly isolates: Isolate[] = [];
  /** Called with each line that the product logs. */
  onLog: ((level: string, text: string) => void) | null = null;
  onReply: (object: SimObject, method: string, result: unknown) => void = () => {};
  /** Set by a scenario: how long a commit takes. */
  commitLatencyMs: ((site: string) => number) | null = null;
  /** Set by a scenario: whether a write of an object fails. */
  failsWrite: ((object: string, sql: string) => boolean) | null = null;
  readonly #sites: Sites;
  readonly #random: Sequence;
  #isolateCount = 0;
  #release: number | null = null;

  constructor({ seed, startMs, products, masked = new Set(), isSwarm = true, batchMax = BATCH_MAX }: WorldOptions) {
    this.seed = seed;
    this.products = products;
    this.scheduler = new Scheduler(startMs);
    this.faults = new Faults(seed, masked, () => this.scheduler.nowMs, isSwarm);
    this.network = new Network(seed, this.scheduler, this.faults);
    this.#sites = new Sites(seed ^ 0x3a7);
    this.#random = new Sequence(seed, 'crypto');
    database ??= new FakeD1();
    database.clear();
    this.database = database;
    this.flushQueue = new SimQueue(this, { name: 'tidemark-flush', batchMax: batchMax.flush });
    this.sealQueue = new SimQueue(this, { name: 'tidemark-seal', batchMax: batchMax.seal });
    for (let i = 0; i < ISOLATES; i++) this.isolates.push(this.#newIsolate());
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }
  random(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#random.below(256);
  }
  log(level: string, values: readonly unknown[]): void {
    this.onLog?.(level, values.map(String).join(' '));
  }
  setTimer(run: () => void, delayMs: number): number {
    return this.scheduler.after(delayMs, 'timer', run);
  }
  clearTimer(timer: number): void {
    this.scheduler.cancel(timer);
  }

  /** Notes that a rare state occurred. */
  reach(state: string): void {
    this.reached.set(state, (this.reached.get(state) ?? 0) + 1);
  }

  violate(rule: string, message: string): void {
    this.scheduler.note(`VIOLATION ${rule}: ${message}`);
    this.violations.push(new Violation(rule, message));
  }

  /** Notes that the constructor of an object threw, which only a write that was made to fail may cause. */
  brokenObject(name: string, cause: unknown): void {
    if (/refused a write/.test(String(cause))) return;
    this.violate('D', `${name} cannot start: ${cause instanceof Error ? cause.stack : cause}`);
  }

  /** Notes that an operation failed. Faults explain most errors; an error of a broken invariant is a violation. */
  onRefused(operation: string, cause: unknown): void {
    this.scheduler.note(`${operation} failed: ${cause}`);
    if (cause instanceof Error && /Invariant|TypeError|RangeError|SegmentConflict/.test(cause.name)) {
      this.violate('assertion', `${operation}: ${cause.stack}`);
    }
  }

  commitLatency(site: string): number {
    if (this.commitLatencyMs !== null) return this.commitLatencyMs(site);
    const roll = this.#sites.next(`commit ${site}`);
    return roll < 0.9 ? 10 * roll : (roll - 0.9) * 10_000;
  }

  /** Runs work on some isolate, which may die before the work ends. */
  async invoke<T>(operation: string, work: (isolate: Isolate) => Promise<T>): Promise<T> {
    const at = Math.floor(this.#sites.next('isolate') * this.isolates.length);
    const isolate = this.isolates[at] as Isolate;
    const death = this.faults.strike('isolate-dies', operation);
    if (death) this.scheduler.after(death.size * 200, `${isolate.name} dies`, () => this.killIsolate(isolate));
    return isolate.run(work);
  }

  /** Makes every isolate and every new instance run this release from now on. */
  useRelease(release: number): void {
    this.#release = release;
    for (const isolate of [...this.isolates]) this.killIsolate(isolate);
  }

  killIsolate(isolate: Isolate): void {
    const at = this.isolates.indexOf(isolate);
    if (at < 0) return;
    isolate.die();
    this.isolates[at] = this.#newIsolate();
  }

  object(name: string): SimObject {
    let object = this.objects.get(name);
    if (object === undefined) {
      const [kind] = name.split(' ');
      object = new SimObject(name, this, (ctx, env) => {
        const product = this.#product(`object ${name}`);
        const Class = kind === 'shard' ? product.Shard : product.Directory;
        return new Class(ctx as never, env as never) as never;
      });
      this.objects.set(name, object);
    }
    return object;
  }

  /** The bindings of one caller. */
  envOf(caller: Caller): Record<string, unknown> {
    return {
      DB: new SimD1(this, caller),
      LAKE: bucketBinding(this, caller),
      TELEMETRY: { writeDataPoint: () => {} },
      SHARD: this.#namespace('shard', caller),
      DIRECTORY: this.#namespace('directory', caller),
      FLUSH_QUEUE: this.flushQueue.binding(caller),
      SEAL_QUEUE: this.sealQueue.binding(caller),
      TIDEMARK_ROOT_KEY: 'root-key-of-the-simulator',
    };
  }

  release(): void {
    for (const object of this.objects.values()) object.storage.release();
  }

  #namespace(kind: string, caller: Caller) {
    const stub = (name: string) =>
      new Proxy(
        {},
        {
          get: (_, method) => {
            if (typeof method !== 'string' || method === 'then') return undefined;
            return (...args: unknown[]) => {
              const object = this.object(`${kind} ${name}`);
              const call = { caller, site: `${method} ${object.name}`, detail: `from ${caller.name}` };
              return this.network.call(call, () => object.deliver(method, args));
            };
          },
        },
      );
    return { idFromName: (name: string) => name, get: stub };
  }

  #newIsolate(): Isolate {
    const name = `isolate ${++this.#isolateCount}`;
    return new Isolate(name, this.#product(name), this);
  }

  #product(site: string): Product {
    if (this.#release !== null) return this.products[this.#release] as Product;
    const at = Math.floor(this.#sites.next(`release ${site}`) * this.products.length);
    return this.products[at] as Product;
  }
}
