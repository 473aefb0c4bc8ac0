// Runtime: the product in workerd, through the HTTP API, under a clock that the test sets. The Worker's module runs as
// it is deployed. A module loaded before it replaces Date by the clock; a module around it cuts flushes and delivers
// batches of queues on the test's command.

import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions as readWorkerOptions } from 'wrangler';
import { LIMITS } from '../../src/core/limits.ts';
import { buildWorker } from '../../src/local/build.ts';
import { migrate } from '../../src/local/migrate.ts';
import { configFile, root } from '../../src/local/paths.ts';
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

const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef';
const CLOCK_HEADER = 'x-differential-now';
const CONTROL_PATH = '/differential';

const CLOCK_MODULE = `
  const Real = globalThis.Date;
  globalThis.differentialNowMs = Real.now();
  globalThis.Date = class extends Real {
    constructor(...args) { super(...(args.length === 0 ? [globalThis.differentialNowMs] : args)); }
    static now() { return globalThis.differentialNowMs; }
  };`;

const AROUND_MODULE = `
  import './clock.mjs';
  import worker from './worker.mjs';
  export * from './worker.mjs';
  async function control({ uid, region, shardCount, queue, bodies }, env) {
    if (queue === undefined) {
      for (let index = 0; index < shardCount; index++) {
        const name = uid + '/' + region + '/' + index;
        await env.SHARD.get(env.SHARD.idFromName(name)).cut({ address: { uid, region, index } });
      }
      return;
    }
    const failed = [];
    const messages = bodies.map((body) => ({ body, attempts: 1, ack() {}, retry() { failed.push(body); } }));
    await worker.queue({ queue, messages }, env);
    if (failed.length > 0) throw new Error('not handled: ' + JSON.stringify(failed));
  }
  export default {
    ...worker,
    async fetch(request, env, ctx) {
      const nowMs = request.headers.get('${CLOCK_HEADER}');
      if (nowMs !== null) globalThis.differentialNowMs = Number(nowMs);
      if (new URL(request.url).pathname !== '${CONTROL_PATH}') return worker.fetch(request, env, ctx);
      await control(await request.json(), env);
      return Response.json(null);
    },
  };`;

export class Runtime {
  readonly #miniflare: Miniflare;

  private constructor(miniflare: Miniflare) {
    this.#miniflare = miniflare;
  }

  static async start(): Promise<Runtime> {
    const { main, define, workerOptions } = readWorkerOptions(configFile);
    const { modulesRules: _, ...worker } = workerOptions;
    const modules = [
      { type: 'ESModule', path: 'around.mjs', contents: AROUND_MODULE },
      { type: 'ESModule', path: 'clock.mjs', contents: CLOCK_MODULE },
      { type: 'ESModule', path: 'worker.mjs', contents: await buildWorker(main ?? '', define) },
    ];
    const bindings = { ...(worker.bindings as Record<string, string>), TIDEMARK_ROOT_KEY: ROOT_KEY };
    const options = {
      host: '127.0.0.1',
      cf: CF,
      telemetry: { enabled: false },
      workers: [{ ...worker, name: 'tidemark', modules, bindings }],
    };
    const miniflare = new Miniflare(convertV4MiniflareOptions(options as never));
    await miniflare.ready;
    const runtime = new Runtime(miniflare);
    await migrate(await runtime.database(), join(root, 'migrations'));
    return runtime;
  }

  async tenancy(options: TenancyOptions): Promise<Tenancy> {
    const { seed, shardCount, startMs } = options;
    const { uid, hashKey, region } = tenantOf(seed);
    const made = await this.call('/v1/tenants', ROOT_KEY, { id: uid, name: uid, region, shards: shardCount }, startMs);
    const { tenant, keys } = made as { tenant: { uid: string }; keys: { write: string; read: string } };
    const db = await this.database();
    await db.prepare('UPDATE tenants SET hash_key = ? WHERE uid = ?').bind(hashKey, tenant.uid).run();
    return new RuntimeTenancy(this, options, tenant.uid, keys);
  }

  database() {
    return this.#miniflare.getD1Database('DB');
  }

  async call(path: string, key: string, body: object, nowMs: number): Promise<unknown> {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      [CLOCK_HEADER]: String(nowMs),
    };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await this.#miniflare.dispatchFetch(`http://tidemark.test${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text);
  }

  control(body: object, nowMs: number): Promise<unknown> {
    return this.call(CONTROL_PATH, '', body, nowMs);
  }

  stop(): Promise<void> {
    return this.#miniflare.dispose();
  }
}

interface WireAnswer {
  readonly series: unknown;
  readonly meta: { readonly complete: boolean; readonly pending: number };
}

class RuntimeTenancy implements Tenancy {
  readonly #runtime: Runtime;
  readonly #options: TenancyOptions;
  readonly #uid: string;
  readonly #keys: { readonly write: string; readonly read: string };

  constructor(runtime: Runtime, options: TenancyOptions, uid: string, keys: { write: string; read: string }) {
    this.#runtime = runtime;
    this.#options = options;
    this.#uid = uid;
    this.#keys = keys;
  }

  async send(request: WireRequest, nowMs: number): Promise<Verdict> {
    return (await this.#runtime.call('/v1/events', this.#keys.write, request, nowMs)) as Verdict;
  }

  async ask(questions: readonly object[], nowMs: number): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (let at = 0; at < questions.length; at += LIMITS.queryBatchMax) {
      const report = { queries: questions.slice(at, at + LIMITS.queryBatchMax) };
      const answered = await this.#runtime.call('/v1/query', this.#keys.read, report, nowMs);
      for (const { series, meta } of (answered as { answers: readonly WireAnswer[] }).answers) {
        answers.push({ series, complete: meta.complete, pending: meta.pending });
      }
    }
    return answers;
  }

  async store(nowMs: number): Promise<void> {
    const { shardCount, seed } = this.#options;
    const { region } = tenantOf(seed);
    const uid = this.#uid;
    await this.#runtime.control({ uid, region, shardCount }, nowMs);
    const bodies = Array.from({ length: shardCount }, (_, index) => ({ address: { uid, region, index } }));
    await this.#runtime.control({ queue: 'tidemark-flush', bodies }, nowMs);
  }

  async seal(days: readonly number[], nowMs: number): Promise<readonly SealedDay[]> {
    const bodies = days.map((day) => ({ uid: this.#uid, day, cause: 'command' }));
    await this.#runtime.control({ queue: 'tidemark-seal', bodies }, nowMs);
    const db = await this.#runtime.database();
    return (await db.prepare(SEALED_DAYS).bind(this.#uid).all<SealedDay>()).results;
  }

  async close(): Promise<void> {}
}
