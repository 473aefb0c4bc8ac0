/**
 * Entry of the Worker: the only reader of the whole environment. Bindings become Services, once an isolate.
 */
import type { Hono } from 'hono';
import { directoryOf } from '../durable-objects/directory.ts';
import { createApp } from './app.ts';
import { continueDeletions } from './control/deletion/deletion.ts';
import { growShards } from './control/shards/grow.ts';
import { TenantCache } from './control/tenants/tenant-cache.ts';
import { loadTenant } from './control/tenants/tenants.ts';
import { MINUTE_MS } from './core/limits.ts';
import type { FlushMessage, SealMessage, ShardOf, ShardRpc } from './core/shard/rpc.ts';
import { type ShardAddress, shardName } from './core/shard/shard-map.ts';
import { checkAnswers } from './http/answer-checks.ts';
import { Authenticator } from './http/authenticate.ts';
import { KeyRing } from './http/keys.ts';
import type { ScannerOf, ScannerRpc } from './lake/scan/scan-task.ts';
import { consumeSeals } from './lake/seal/consume.ts';
import { scheduleSeals } from './lake/seal/schedule.ts';
import { deleteFolder } from './lake/upkeep/delete-folder.ts';
import { scheduleProfiles } from './lake/upkeep/digest-traits.ts';
import { scheduleRetention } from './lake/upkeep/expiry.ts';
import { analyticsEngineTelemetry } from './observe/telemetry.ts';
import type { Services } from './services.ts';
import { consumeFlushes } from './sinks/consume.ts';
import { keepDeadLetters } from './sinks/dead-letters.ts';
import { sweepShards } from './sinks/sweep.ts';
import type { DemoKeys } from './wire/demo.ts';

export { Directory } from '../durable-objects/directory.ts';
export { Scanner } from '../durable-objects/scanner.ts';
export { Shard } from '../durable-objects/shard.ts';

export interface Env {
  readonly DB: D1Database;
  readonly LAKE: R2Bucket;
  readonly TELEMETRY: AnalyticsEngineDataset;
  readonly SHARD: DurableObjectNamespace;
  readonly DIRECTORY: DurableObjectNamespace;
  readonly SCANNER?: DurableObjectNamespace;
  readonly FLUSH_QUEUE: Queue<FlushMessage>;
  readonly SEAL_QUEUE: Queue<SealMessage>;
  /** Secret. */
  readonly TIDEMARK_ROOT_KEY: string;
  /** '1' where tests run: every answer is checked against what its route says. */
  readonly TIDEMARK_CHECK_ANSWERS?: string;
  /** '1' on a local stack. */
  readonly TIDEMARK_LOCAL?: string;
  /** JSON of DemoKeys; on a local stack only. */
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
  const keys = new KeyRing(env.TIDEMARK_ROOT_KEY ?? '', random);
  const tenants = new TenantCache((uid) => loadTenant(env.DB, uid), now);
  return {
    db: env.DB,
    lake: env.LAKE,
    shardOf: shardOf(env.SHARD),
    directoryOf: directoryOf(env.DIRECTORY),
    ...(env.SCANNER && { scannerOf: scannerOf(env.SCANNER) }),
    flushQueue: env.FLUSH_QUEUE,
    sealQueue: env.SEAL_QUEUE,
    telemetry: analyticsEngineTelemetry(env.TELEMETRY),
    tenants,
    auth: new Authenticator(keys, tenants),
    keys,
    rootKey: env.TIDEMARK_ROOT_KEY,
    now,
    random,
    isLocal: env.TIDEMARK_LOCAL === '1',
    ...(env.DEMO_KEYS && { demoKeys: JSON.parse(env.DEMO_KEYS) as DemoKeys }),
  };
}

/** An id is a hash of its name: so many are remembered, as most requests are for few shards. */
const SHARD_IDS_MAX = 4_096;

/** A new stub for each call: one that has thrown stays broken. */
function shardOf(namespace: DurableObjectNamespace): ShardOf {
  const ids = new Map<string, DurableObjectId>();
  const idOf = (name: string) => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    if (ids.size >= SHARD_IDS_MAX) ids.clear();
    const id = namespace.idFromName(name);
    ids.set(name, id);
    return id;
  };
  return (address) => {
    const id = idOf(shardName(address));
    return namespace.get(id, { locationHint: address.region as DurableObjectLocationHint }) as unknown as ShardRpc;
  };
}

/** Of a tenant's own pool: what one tenant asks never waits for another. */
function scannerOf(namespace: DurableObjectNamespace): ScannerOf {
  return (uid, index) => namespace.get(namespace.idFromName(`${uid}/${index}`)) as unknown as ScannerRpc;
}

/**
 * A round of the sweep wakes every shard that does not rest: often enough to bound silence, seldom enough to cost
 * little.
 */
const SWEEP_EVERY_MINUTES = 10;

export default {
  fetch(request, env, ctx) {
    return workerOf(env).app.fetch(request, env, ctx);
  },

  async queue(batch, env) {
    const { services } = workerOf(env);
    switch (batch.queue) {
      case 'tidemark-flush':
        return consumeFlushes(batch as MessageBatch<FlushMessage>, {
          ...services,
          poke: pokeOf(services),
          grow: (uid) => growShards(services, uid, null),
          isTenant: async (uid) => (await services.tenants.byUid(uid)) !== null,
        });
      case 'tidemark-seal': {
        const rollupsOf = async (uid: string) => (await loadTenant(env.DB, uid))?.tenant.rollups ?? null;
        return consumeSeals(batch as MessageBatch<SealMessage>, { ...services, rollupsOf });
      }
      default:
        return keepDeadLetters(batch, services.db, services.now());
    }
  },

  /** Each duty on its own: one that fails does not keep the others from their turn. */
  async scheduled({ scheduledTime }, env) {
    const { services } = workerOf(env);
    // A count that every tenant has: only what was begun goes on.
    const resumeSplit = (uid: string) => growShards(services, uid, 1);
    const duties: (() => Promise<unknown>)[] = [
      () => scheduleSeals(services, services.now()),
      () => scheduleRetention(services, services.now()),
      () => scheduleProfiles(services, services.now()),
      () => continueDeletions({ ...services, deleteObjects: (uid, max) => deleteFolder(env.LAKE, uid, max) }),
      () => sweepShards({ ...services, poke: pokeOf(services), resumeSplit, beginsRound }),
    ];
    const beginsRound = Math.floor(scheduledTime / MINUTE_MS) % SWEEP_EVERY_MINUTES === 0;
    const failed = (await Promise.allSettled(duties.map((duty) => duty()))).filter(
      ({ status }) => status === 'rejected',
    );
    for (const { reason } of failed as PromiseRejectedResult[]) {
      console.error(JSON.stringify({ at: 'scheduled', error: String(reason) }));
    }
  },
} satisfies ExportedHandler<Env>;

/** Tells the sink that a shard has flushes to store. */
function pokeOf({ flushQueue }: Services): (address: ShardAddress) => Promise<unknown> {
  return (address) => flushQueue.send({ address });
}
