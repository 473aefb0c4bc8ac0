/**
 * Entry of the Worker: the only reader of the whole environment.
 *
 * It makes Services of the bindings, once an isolate, and wires the platform's three calls to them: `fetch` to the app,
 * `queue` to the consumer of the queue's role, `scheduled` to the duties of a minute.
 */

import { waitUntil } from 'cloudflare:workers';
import type { Hono } from 'hono';
import { directoryOf } from '../durable-objects/directory.ts';
import { liveOf } from '../durable-objects/live.ts';
import { scannerOf } from '../durable-objects/scanner.ts';
import { shardOf } from '../durable-objects/shard-of.ts';
import { createApp } from './app.ts';
import { RootRefusalTrail } from './control/audit/root-refusals.ts';
import { dailySalts, dropOldSalts } from './control/cookieless/daily-salts.ts';
import { continueDeletions } from './control/deletion/deletion.ts';
import { growShards } from './control/shards/grow.ts';
import { TenantCache } from './control/tenants/tenant-cache.ts';
import { loadTenant } from './control/tenants/tenants.ts';
import { MINUTE_MS } from './core/limits.ts';
import type { FlushMessage, SealQueueMessage } from './core/shard/rpc.ts';
import type { ShardAddress } from './core/shard/shard-map.ts';
import { assert } from './core/std/result.ts';
import { shardsAtMost } from './core/tenant/tenant.ts';
import { checkAnswers } from './http/answer-checks.ts';
import { Authenticator } from './http/authenticate.ts';
import { KeyRing } from './http/keys.ts';
import { collectSealed } from './lake/collect/collect.ts';
import { dropIdleVersions } from './lake/import/drop-idle.ts';
import { mergeParts } from './lake/merge/merge-parts.ts';
import { consumeSeals } from './lake/seal/consume.ts';
import { scheduleSeals } from './lake/seal/schedule.ts';
import { noteOthers } from './lake/std/pacer.ts';
import { deleteFolder } from './lake/upkeep/delete-folder.ts';
import { scheduleDigests } from './lake/upkeep/digest-traits.ts';
import { scheduleExpiry } from './lake/upkeep/expiry.ts';
import { ThrottleCounter } from './live/throttle-counter.ts';
import { logError, logWarn } from './observe/log.ts';
import { analyticsEngineTelemetry, NO_TELEMETRY } from './observe/telemetry.ts';
import type { Services } from './services.ts';
import { consumeFlushes } from './sinks/consume.ts';
import { keepDeadLetters } from './sinks/dead-letters.ts';
import { lakeSink } from './sinks/lake-sink.ts';
import { sweepShards } from './sinks/sweep.ts';
import type { DemoKeys } from './wire/demo.ts';

export { Directory } from '../durable-objects/directory.ts';
export { LiveHub } from '../durable-objects/live.ts';
export { Scanner } from '../durable-objects/scanner.ts';
export { Shard } from '../durable-objects/shard.ts';

export interface Env {
  readonly DB: D1Database;
  readonly LAKE: R2Bucket;
  /** Absent where the account has no Analytics Engine. */
  readonly TELEMETRY?: AnalyticsEngineDataset;
  readonly SHARD: DurableObjectNamespace;
  readonly DIRECTORY: DurableObjectNamespace;
  readonly SCANNER?: DurableObjectNamespace;
  readonly LIVE: DurableObjectNamespace;
  readonly FLUSH_QUEUE: Queue<FlushMessage>;
  readonly SEAL_QUEUE: Queue<SealQueueMessage>;
  /** The secret of the operator. */
  readonly TIDEMARK_ROOT_KEY: string;
  /** The root key before this one, accepted while it is replaced; absent when no rotation is under way. */
  readonly TIDEMARK_ROOT_KEY_PREVIOUS?: string;
  /** The secret that signs all keys. Default: the root key. */
  readonly TIDEMARK_SIGNING_KEY?: string;
  /** `'1'` in tests: every answer is then checked against its route's schema. */
  readonly TIDEMARK_CHECK_ANSWERS?: string;
  /** `'1'` on a local stack; absent elsewhere. */
  readonly TIDEMARK_LOCAL?: string;
  /** DemoKeys as JSON, on a local stack; absent elsewhere. */
  readonly DEMO_KEYS?: string;
}

interface Worker {
  readonly services: Services;
  readonly app: Hono;
}

const workers = new WeakMap<Env, Worker>();

function workerOf(env: Env): Worker {
  const known = workers.get(env);
  if (known) return known;
  const services = servicesOf(env);
  if (env.TIDEMARK_CHECK_ANSWERS === '1') checkAnswers();
  const worker = { services, app: createApp(services) };
  workers.set(env, worker);
  return worker;
}

function servicesOf(env: Env): Services {
  const now = () => Date.now();
  const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
  const rootKeys = {
    rootKey: env.TIDEMARK_ROOT_KEY ?? '',
    previousRootKey: env.TIDEMARK_ROOT_KEY_PREVIOUS,
    signingKey: env.TIDEMARK_SIGNING_KEY,
  };
  const keys = new KeyRing(rootKeys, random);
  for (const warning of keys.warnings) logWarn('root-key', warning, { do: 'npm run deploy -- --rotate-root-key' });
  const tenants = new TenantCache((uid) => loadTenant(env.DB, uid), now);
  const hubs = liveOf(env.LIVE);
  const wait = (ms: number) => scheduler.wait(ms);
  return {
    db: env.DB,
    lake: env.LAKE,
    shardOf: shardOf(env.SHARD),
    directoryOf: directoryOf(env.DIRECTORY),
    liveOf: hubs,
    throttles: new ThrottleCounter({ liveOf: hubs, tenants, now, wait, background: waitUntil }),
    ...(env.SCANNER && { scannerOf: scannerOf(env.SCANNER) }),
    flushQueue: env.FLUSH_QUEUE,
    sealQueue: env.SEAL_QUEUE,
    telemetry: env.TELEMETRY ? analyticsEngineTelemetry(env.TELEMETRY) : NO_TELEMETRY,
    tenants,
    auth: new Authenticator(keys, tenants, new RootRefusalTrail(env.DB, now)),
    keys,
    rootKey: env.TIDEMARK_ROOT_KEY,
    now,
    random,
    salts: dailySalts(env.DB, random),
    isLocal: env.TIDEMARK_LOCAL === '1',
    ...(env.DEMO_KEYS && { demoKeys: JSON.parse(env.DEMO_KEYS) as DemoKeys }),
  };
}

type Consume = (batch: MessageBatch<unknown>, services: Services) => Promise<void>;

/** The consumer of each queue by the queue's role, the last part of its name: `tidemark-flush`, `tidemark-seal-dlq`. */
const CONSUMERS: Readonly<Record<string, Consume>> = {
  flush: (batch, services) =>
    consumeFlushes(batch as MessageBatch<FlushMessage>, {
      ...services,
      sink: lakeSink(services),
      poke: pokeOf(services),
      grow: (uid) => growShards(services, uid, null),
      merge: async (request) => {
        const known = await services.tenants.byUid(request.uid);
        const shards = known === null ? 1 : shardsAtMost(known.tenant);
        return mergeParts(services.db, { ...request, shards }, services.now());
      },
      isTenant: async (uid) => (await services.tenants.byUid(uid)) !== null,
    }),
  seal: (batch, services) =>
    consumeSeals(batch as MessageBatch<SealQueueMessage>, {
      ...services,
      tenantOf: async (uid) => (await loadTenant(services.db, uid))?.tenant ?? null,
    }),
  dlq: (batch, { db, now }) => keepDeadLetters(batch, db, now()),
};

/** Each round wakes every shard that does not rest: frequent rounds bound silence, rare ones cost little. */
const SWEEP_EVERY_MINUTES = 10;

/** In the URLs of questions. */
const QUESTIONS = '/v1/query';

export default {
  fetch(request, env, ctx) {
    if (request.method !== 'GET' && !request.url.includes(QUESTIONS)) noteOthers();
    return workerOf(env).app.fetch(request, env, ctx);
  },

  queue(batch, env) {
    const role = batch.queue.slice(batch.queue.lastIndexOf('-') + 1);
    const consume = CONSUMERS[role];
    assert(consume !== undefined, `no consumer has the role ${role} of the queue ${batch.queue}`);
    return consume(batch, workerOf(env).services);
  },

  /** Runs each duty on its own: one that fails does not keep the others from their turn. */
  async scheduled({ scheduledTime }, env) {
    const { services } = workerOf(env);
    const beginsRound = Math.floor(scheduledTime / MINUTE_MS) % SWEEP_EVERY_MINUTES === 0;
    // Every tenant has at least one shard, so this only finishes a split that was begun.
    const resumeSplit = (uid: string) => growShards(services, uid, 1);
    const duties: (() => Promise<unknown>)[] = [
      () => scheduleSeals(services, services.now()),
      () => scheduleExpiry(services, services.now()),
      () => dropOldSalts(services.db, services.now()),
      () => dropIdleVersions(services.db, services.now()),
      () => collectSealed(services.db, services.now()),
      () => scheduleDigests(services, services.now()),
      () => continueDeletions({ ...services, deleteObjects: (uid, max) => deleteFolder(services.lake, uid, max) }),
      () => sweepShards({ ...services, poke: pokeOf(services), resumeSplit, beginsRound }),
    ];
    const results = await Promise.allSettled(duties.map((duty) => duty()));
    for (const result of results) if (result.status === 'rejected') logError('scheduled', result.reason);
  },
} satisfies ExportedHandler<Env>;

/** Tells the sink that a shard has flushes to store. */
function pokeOf({ flushQueue }: Services): (address: ShardAddress) => Promise<unknown> {
  return (address) => flushQueue.send({ address });
}
