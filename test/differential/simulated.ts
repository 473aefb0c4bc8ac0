// Simulated: the product on the simulator's platform, without faults: its own clock, network, storage and queues.

import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.ts';
import { insertTenant } from '../sim/clients.ts';
import { SimRequest } from '../sim/platform/http.ts';
import { bind, type Product } from '../sim/product/product-loader.ts';
import { finish } from '../sim/rest.ts';
import type { Isolate } from '../sim/world/isolate.ts';
import { World } from '../sim/world/world.ts';
import {
  type Answer,
  CF,
  SEALED_DAYS,
  type SealedDay,
  type Tenancy,
  type TenancyOptions,
  tenantOf,
  USER_AGENT,
  type Verdict,
} from './platform.ts';
import type { WireRequest } from './stream.ts';

export class SimulatedTenancy implements Tenancy {
  readonly #world: World;
  readonly #options: TenancyOptions;
  readonly #uid: string;
  readonly #region: string;

  constructor(products: readonly [Product, ...Product[]], options: TenancyOptions) {
    const { seed, startMs, shardCount } = options;
    const { uid, hashKey, region } = tenantOf(seed);
    this.#world = new World({ seed, startMs: startMs - HOUR_MS, products, isSwarm: false });
    this.#options = options;
    this.#uid = uid;
    this.#region = region;
    bind(this.#world);
    insertTenant(this.#world, { uid, id: uid, regions: [region], shardCount });
    this.#world.database.select('UPDATE tenants SET hash_key = ? WHERE uid = ?', [hashKey, uid]);
  }

  async send({ batch, sentAt }: WireRequest, nowMs: number): Promise<Verdict> {
    const body = JSON.stringify({ batch, sentAt });
    return (await this.#at(nowMs, async (isolate) => {
      const http = new SimRequest('https://edge/v1/events', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': String(body.length),
          'user-agent': USER_AGENT,
        },
        body,
        cf: CF,
      });
      const auth = { authenticate: () => isolate.tenants.byUid(this.#uid) };
      const random = (sizeBytes: number) => new Uint8Array(sizeBytes);
      const ports = { ...isolate.ports(this.#world), auth, tenants: isolate.tenants, random, now: () => nowMs };
      const target = { source: 'native', call: isolate.product.nativeEvents, path: '/v1/events' };
      return (await isolate.product.collect(http as never, target, ports as never)).verdict;
    })) as Verdict;
  }

  ask(questions: readonly object[], nowMs: number): Promise<readonly Answer[]> {
    return this.#at(nowMs, async (isolate) => {
      const answers: Answer[] = [];
      for (const question of questions) answers.push(await this.#askOn(isolate, question, nowMs));
      return answers;
    });
  }

  async #askOn(isolate: Isolate, question: object, nowMs: number): Promise<Answer> {
    const { product } = isolate;
    const known = await isolate.tenants.byUid(this.#uid);
    const parsed = product.parseQuery(question, 'UTC');
    if (!parsed.ok || known === null) throw new Error(`${JSON.stringify(parsed)} of ${this.#uid}`);
    const ports = { ...isolate.ports(this.#world), now: () => nowMs };
    const asking = await product.beginAsking(ports, known.tenant, nowMs);
    const answered = await product.execute(asking, parsed.value);
    if (!answered.ok) throw new Error(JSON.stringify(answered.error));
    const { series, meta } = JSON.parse(JSON.stringify(answered.value)) as typeof answered.value;
    return { series, complete: meta.complete, pending: meta.pending };
  }

  async store(nowMs: number): Promise<void> {
    await this.#at(nowMs, async () => {
      const cuts = Array.from({ length: this.#options.shardCount }, (_, index) => {
        const address = { uid: this.#uid, region: this.#region, index };
        return this.#world.object(`shard ${this.#uid}/${this.#region}/${index}`).deliver('cut', [{ address }]);
      });
      await Promise.all(cuts);
    });
    await this.#world.scheduler.runUntil(nowMs + 5 * MINUTE_MS);
  }

  async seal(days: readonly number[], nowMs: number): Promise<readonly SealedDay[]> {
    await this.#at(nowMs, async (isolate) => {
      const queue = this.#world.sealQueue.binding(isolate);
      await queue.sendBatch(days.map((day) => ({ body: { uid: this.#uid, day, cause: 'command' } })));
    });
    await this.#world.scheduler.runUntil(nowMs + 10 * MINUTE_MS);
    return this.#world.database.select(SEALED_DAYS, [this.#uid]) as unknown as SealedDay[];
  }

  async close(): Promise<void> {
    this.#world.release();
    bind(null);
  }

  /** Runs work on an isolate from `nowMs` on, and the scheduled events it waits for. */
  async #at<T>(nowMs: number, work: (isolate: Isolate) => Promise<T>): Promise<T> {
    await this.#world.scheduler.runUntil(nowMs);
    let result: { readonly value: T } | null = null;
    await finish(this.#world, 'differential', async () => {
      result = { value: await this.#world.invoke('differential', work) };
    });
    const [violation] = this.#world.violations;
    if (result === null || violation) throw violation ?? new Error('no answer');
    return (result as { readonly value: T }).value;
  }
}
