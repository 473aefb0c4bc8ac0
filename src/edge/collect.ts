/**
 * Collect: stage 1, from an HTTP request with events to the verdict on each of them.
 *
 * in: a Request and the call it makes · out: the taken request with its verdict, or a thrown Problem
 * steps: receive (authenticate, read, decode) → quota → admit (steps/) → route → append → verdict
 *
 * - Nothing is acknowledged that is not durable: the verdict is made of the shards' own replies.
 * - A bad event is a rejection beside its neighbours; a Problem concerns the whole request.
 * - The total size of the validated events is bounded; a larger request is refused before anything is sent.
 * - Any retryable trouble makes the whole answer 429 or 503, and the resend is absorbed by the shards' dedupe.
 * - Refused events are told to the tenant's hub before the answer (refusals/); a request without any makes no such call.
 * - The receipt is stamped when the body is there: an upload may take longer than the watermark's patience.
 */

import type { DailySalts } from '../control/cookieless/daily-salts.ts';
import type { Arrival } from '../core/event/validate.ts';
import type { Throttles } from '../core/live/throttle.ts';
import { userHash } from '../core/people/id-hashes.ts';
import { hashText } from '../core/people/links.ts';
import type { DirectoryOf, ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import { mapOf } from '../core/shard/split.ts';
import { Hasher } from '../core/std/hash.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { Problem, unavailable } from '../http/problem.ts';
import { type Admission, admit } from './admit.ts';
import { type Append, append } from './append.ts';
import { arrivalOf } from './arrival.ts';
import { asksForPseudonym, type Pseudonyms, pseudonymsOf } from './enrich/pseudonym.ts';
import { placeOf, surroundingsOf } from './enrich/surroundings.ts';
import type { EventCall, Taken, WireBatch } from './protocols/protocol.ts';
import { countLinking } from './quota.ts';
import { type ReceiveDeps, receive } from './receive.ts';
import { Telling } from './refusals/telling.ts';
import { nearestRegion } from './region.ts';
import { type PathParams, RequestHead } from './request/head.ts';
import { orRefuse } from './request/refusal.ts';
import { countDispositions, verdictOf } from './request/verdict.ts';
import { visitorOf } from './request/visitor.ts';
import { eventIdMaker } from './steps/event-id.ts';
import { StoredSize } from './steps/stored-size.ts';

/** The services that stage 1 needs. */
export interface CollectDeps extends ReceiveDeps {
  readonly tenants: { reload(uid: string): Promise<{ readonly tenant: Tenant } | null> };
  readonly shardOf: ShardOf;
  readonly directoryOf: DirectoryOf;
  readonly reportHot?: (address: ShardAddress) => void;
  readonly random: (sizeBytes: number) => Uint8Array;
  readonly salts: DailySalts;
  /** Absent where nothing counts what is refused for now. */
  readonly throttles?: Throttles;
}

/** The call that a request makes. */
export interface Collecting {
  readonly source: string;
  readonly call: EventCall;
  /** The route called, as a pattern. */
  readonly path: string;
  readonly params?: PathParams;
}

/** Takes the events of a request. `source` and `call` are those of the protocol that the request speaks. */
export async function collect(
  request: Request,
  { source, call, path, params }: Collecting,
  deps: CollectDeps,
): Promise<Taken> {
  const head = new RequestHead(request, params);
  const telling = new Telling({ source, path, head }, deps);
  const received = await receive(request, { head, call, parse: (read) => call.decode(read), telling }, deps);
  const { tenant, caller, sender, parsed: batch } = received;
  const receivedAtMs = deps.now();
  const read = arrivalOf(batch, receivedAtMs, tenant);
  if (!read.ok) await telling.request(caller, read.error, received.request);
  const { arrival: told, notes } = orRefuse(read);
  const arrival = { ...told, sender };
  deps.quotas?.charge(tenant, batch.events.length, receivedAtMs, sender);
  const pseudonyms = await readPseudonyms(request, batch, tenant.uid, deps);
  let admission: Admission;
  try {
    admission = admitLive(request, batch, { tenant, arrival, source, pseudonyms, deps });
  } catch (thrown) {
    if (thrown instanceof Problem) await telling.request(caller, thrown, received.request);
    throw thrown;
  }
  const links = countLinking(admission.events.map(({ record }) => record));
  deps.quotas?.chargeFurther(tenant, { links, sender }, receivedAtMs);

  const region = nearestRegion(tenant, placeOf(request));
  const hasher = new Hasher(tenant.hashKey);
  const dispositions = await appendCounted(
    { tenant, region, hasher, receivedAtMs, events: admission.events, rejected: admission.rejected.length },
    deps,
  );
  if (admission.rejected.length > 0) await telling.events(caller, batch.events, admission.rejected);
  const verdict = verdictOf(batch.events.length, countDispositions(dispositions), admission, notes);
  return { verdict, request: received.request, batch, receivedAtMs };
}

/** Appends the events, and counts a request that the shards refuse for now. */
async function appendCounted(request: Append, deps: CollectDeps): Promise<Uint8Array[]> {
  try {
    return await append(request, { ...deps, reloadTenant: reloader(deps) });
  } catch (thrown) {
    const isForNow = thrown instanceof Problem && (thrown.status === 429 || thrown.status === 503);
    if (isForNow) deps.throttles?.count(request.tenant.uid, thrown.code);
    throw thrown;
  }
}

interface LiveOptions {
  readonly tenant: Tenant;
  readonly arrival: Arrival;
  readonly source: string;
  readonly pseudonyms: Pseudonyms | undefined;
  readonly deps: CollectDeps;
}

/** Tells of a user whether no further id is linked to them; undefined when this is so of nobody. */
function isFullOf({ hashKey, fullPeople }: Tenant): ((userId: string) => boolean) | undefined {
  if (fullPeople === undefined) return undefined;
  const hasher = new Hasher(hashKey);
  return (userId) => {
    const { high, low } = userHash(hasher, userId);
    return fullPeople.has(hashText(high, low));
  };
}

function admitLive(
  request: Request,
  batch: WireBatch,
  { tenant, arrival, source, pseudonyms, deps }: LiveOptions,
): Admission {
  return admit(batch, {
    arrival,
    privacy: tenant.privacy,
    source: batch.source ?? source,
    surroundings: { ...surroundingsOf(request), pseudonyms },
    newId: eventIdMaker(deps.random),
    size: new StoredSize(),
    isFull: isFullOf(tenant),
    keepsParsed: true,
  });
}

/** Pseudonyms for the events that ask for one; undefined when none does. */
async function readPseudonyms(
  request: Request,
  { events, context, visitor }: WireBatch,
  uid: string,
  { salts, now }: CollectDeps,
): Promise<Pseudonyms | undefined> {
  const asks = (event: unknown) => asksForPseudonym((event as { context?: unknown } | null)?.context);
  if (!asksForPseudonym(context) && !events.some(asks)) return undefined;
  const known = await salts.read(now()).catch((cause: unknown) => {
    throw unavailable('control-unavailable', 'The salt of the day could not be read; send the request again.', cause);
  });
  return pseudonymsOf(visitor ?? visitorOf(request), uid, known);
}

/** Loads a tenant afresh after a shard refused its map. The store may not have the new map yet; the directory has. */
function reloader({ tenants, directoryOf }: CollectDeps): (tenant: Tenant) => Promise<Tenant> {
  return async ({ uid }) => {
    const detail = 'The tenant could not be looked up; send the request again.';
    const [known, map] = await Promise.all([tenants.reload(uid), directoryOf(uid).map()]).catch((cause: unknown) => {
      throw unavailable('control-unavailable', detail, cause);
    });
    if (known === null) throw unavailable('control-unavailable', detail, undefined);
    return { ...known.tenant, shardMap: mapOf(map, known.tenant.shardMap) };
  };
}
