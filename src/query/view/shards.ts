/**
 * Shards: the tenant's shards, and one call to each of them at once.
 *
 * They are always asked before D1 is read: a shard answers for every event that it has not stored yet (rule A4). The answer
 * without a shard that did not reply says so: it is incomplete, never silently short. The directory is not optional,
 * because without it no answer could tell which events it lacks.
 */
import type { DirectoryOf, LiveReply, LiveRequest, RegisteredShard, ShardOf } from '../../core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../core/shard/shard-map.ts';
import { unavailable } from '../../http/problem.ts';
import { logWarn } from '../../observe/log.ts';
import { type AskedShard, restingShard } from './resting-shard.ts';

/** The shards of a tenant, and the way to them; an `Asking` is one. */
export interface AskedShards {
  readonly ports: { readonly shardOf: ShardOf };
  readonly shards: readonly ShardAddress[];
  /** What answers for shards that rest, by their names. Default: each shard is asked. */
  readonly resting?: ReadonlyMap<string, AskedShard>;
}

/** The state of one shard at the moment it replied. */
export interface ShardState {
  readonly incarnation: string;
  /** Everything below is stored: D1 and the lake answer for it, the shard from there on. */
  readonly storedSeq: number;
  readonly watermarkMs: number | null;
  /** Events it holds that are not stored. */
  readonly tailEvents: number;
}

/** The addresses of the tenant's shards, each once. Throws 503 `directory-unavailable`. */
export async function listShards(directoryOf: DirectoryOf, uid: string): Promise<ShardAddress[]> {
  const registered = await readDirectory(() => directoryOf(uid).list());
  const addresses = registered.map(({ region, index }): ShardAddress => ({ uid, region, index }));
  return [...new Map(addresses.map((address) => [shardName(address), address])).values()];
}

/**
 * The shards that a question asks. One that rests holds nothing: the directory answers for it, and it sleeps on. Throws 503
 * `directory-unavailable`.
 */
export async function listAsked(
  directoryOf: DirectoryOf,
  uid: string,
): Promise<Required<Pick<AskedShards, 'shards' | 'resting'>>> {
  const registered = await readDirectory(() => directoryOf(uid).list({ isAsked: true }));
  const byName = new Map(registered.map((shard) => [shardName({ uid, ...shard }), shard]));
  const resting = new Map<string, AskedShard>();
  for (const [name, shard] of byName) {
    const known = restingShard(shard);
    if (known !== null) resting.set(name, known);
  }
  return { shards: [...byName.values()].map(({ region, index }) => ({ uid, region, index })), resting };
}

async function readDirectory(read: () => Promise<RegisteredShard[]>): Promise<RegisteredShard[]> {
  try {
    return await retried(read);
  } catch (cause) {
    throw unavailable('directory-unavailable', 'The list of shards could not be read. Ask again.', cause);
  }
}

/** The live reply of each shard, in the order of the shards; null where a shard did not reply. */
export function askLive(asking: AskedShards, request: Omit<LiveRequest, 'address'>): Promise<(LiveReply | null)[]> {
  return askShards(asking, (shard, address) => shard.live({ ...request, address }));
}

/**
 * The reply of each shard to `ask`, in the order of the shards; null where a shard did not reply. `ask` may run twice.
 */
export function askShards<Reply>(
  { ports: { shardOf }, shards, resting }: AskedShards,
  ask: (shard: AskedShard, address: ShardAddress) => Promise<Reply>,
): Promise<(Reply | null)[]> {
  return askEach(shards, (address) => ask(resting?.get(shardName(address)) ?? shardOf(address), address));
}

/** As `askShards`, whatever is asked. */
export function askEach<Reply>(
  shards: readonly ShardAddress[],
  ask: (address: ShardAddress) => Promise<Reply>,
): Promise<(Reply | null)[]> {
  return Promise.all(
    shards.map(async (address) => {
      try {
        return await retried(() => ask(address));
      } catch (cause) {
        logWarn('query.shard', cause, { address });
        return null;
      }
    }),
  );
}

/** Calls once more after a broken connection, on a new stub; never after an overload, which a second call would worsen. */
async function retried<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if ((error as { overloaded?: boolean }).overloaded) throw error;
    return call();
  }
}
