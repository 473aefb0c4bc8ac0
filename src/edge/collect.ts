/**
 * Collect: stage 1, from an HTTP request with events to the verdict on each of them.
 *
 * in: a Request and the protocol it speaks · out: the verdict as the protocol tells it, or a thrown Problem
 * steps: authenticate → read body → decode protocol → quota → validate → enrich → route → append → verdict
 *
 * - Nothing is acknowledged that is not durable: the verdict is made of the shards' own replies.
 * - A key in a header is looked at before the body is. Who sends none may send little.
 * - A bad event is a rejection beside its neighbours; only what concerns the whole request is a Problem.
 * - What the events come to when validated is bounded, and beyond it the request is refused before anything is sent.
 * - Any retryable trouble makes the whole answer 429 or 503, and the resend is absorbed by the shards' dedupe.
 * - The receipt is stamped when the body is there: an upload may take longer than the watermark's patience.
 */

import { parseCommonContext, type ValidContext } from '../core/event/event-json.ts';
import { type Arrival, validateEvent } from '../core/event/validate.ts';
import { LIMITS } from '../core/limits.ts';
import type { DirectoryOf, ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import { mapOf } from '../core/shard/split.ts';
import { Hasher } from '../core/std/hash.ts';
import { parseInstant } from '../core/std/instant.ts';
import { err, ok, type Result } from '../core/std/result.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { type Authenticated, keyOf } from '../http/authenticate.ts';
import { unavailable } from '../http/problem.ts';
import { append } from './append.ts';
import { Enricher } from './enrich/enrich.ts';
import { placeOf, surroundingsOf } from './enrich/surroundings.ts';
import { eventIdMaker } from './event-id.ts';
import { type Protocol, UnreadableEvent, type WireBatch } from './protocols/protocol.ts';
import type { Quotas } from './quota.ts';
import { nearestRegion } from './region.ts';
import { type Body, formatOf, readBody } from './request/body.ts';
import { allowOrigin } from './request/origin.ts';
import { orRefuse, type Refusal } from './request/refusal.ts';
import { countDispositions, type RejectedEvent, type VerdictDocument, verdictOf } from './request/verdict.ts';
import type { RoutableEvent } from './route.ts';
import { StoredSize } from './stored-size.ts';

/** What stage 1 needs of the services. */
export interface CollectDeps {
  readonly auth: {
    authenticate(headers: Headers, needed: 'write', bodyKey?: string): Promise<Authenticated>;
    authenticateKey(key: string, needed: 'write'): Promise<Authenticated>;
  };
  readonly tenants: { reload(uid: string): Promise<{ readonly tenant: Tenant } | null> };
  readonly shardOf: ShardOf;
  readonly directoryOf: DirectoryOf;
  readonly reportHot?: (address: ShardAddress) => void;
  /** Absent: nobody has a quota. */
  readonly quotas?: Quotas;
  readonly now: () => number;
  readonly random: (sizeBytes: number) => Uint8Array;
}

export async function collect(request: Request, protocol: Protocol, deps: CollectDeps): Promise<object> {
  const { headers } = request;
  const key = keyOf(headers);
  const early = key === null ? null : await deps.auth.authenticateKey(key, 'write');
  if (early !== null) deps.quotas?.charge(early.tenant, 0, deps.now());
  const body = orRefuse(early === null ? await readKeyless(request, deps) : await readBody(request));
  const batch = orRefuse(protocol.decode(body));
  const { tenant } = early ?? (await deps.auth.authenticate(headers, 'write', batch.writeKey));
  orRefuse(allowOrigin(tenant, headers.get('origin')));

  const receivedAtMs = deps.now();
  const arrival = orRefuse(arrivalOf(batch, receivedAtMs));
  deps.quotas?.charge(tenant, batch.events.length, receivedAtMs);
  const enricher = new Enricher(surroundingsOf(request), protocol.source, receivedAtMs);
  const { events, rejected, madeIds } = admit(batch.events, arrival, enricher, eventIdMaker(deps.random));

  const region = nearestRegion(tenant, placeOf(request));
  const hasher = new Hasher(tenant.hashKey);
  const dispositions = await append(
    { tenant, region, hasher, receivedAtMs, events, rejected: rejected.length },
    { ...deps, reloadTenant: reloader(deps) },
  );
  const verdict: VerdictDocument = verdictOf(batch.events.length, countDispositions(dispositions), rejected, madeIds);
  return protocol.answer(verdict);
}

/** A body that may carry its key: small, for it is parsed before anyone is known; lines carry none. */
async function readKeyless(request: Request, { auth }: CollectDeps): Promise<Result<Body, Refusal>> {
  const format = formatOf(request.headers);
  if (format.ok && format.value === 'ndjson') await auth.authenticate(request.headers, 'write');
  const body = await readBody(request, LIMITS.keylessBodySizeBytesMax);
  if (body.ok || body.error.code !== 'body-too-large') return body;
  return err({ ...body.error, detail: `${body.error.detail} With the key in a header it may have more.` });
}

/**
 * What the request says of all its events. A `sentAt` that cannot be read is as good as none: it only serves to correct a
 * clock, and no event is lost for it. A broken common context would be missing from every event, and one too large in every
 * event: that is refused.
 */
function arrivalOf({ type, sentAt, context }: WireBatch, receivedAtMs: number): Result<Arrival, Refusal> {
  const sentAtMs = parseInstant(sentAt);
  const common = context == null ? ok<ValidContext | undefined>(undefined) : parseCommonContext(context);
  if (common.ok) {
    return ok({ receivedAtMs, sentAtMs: Number.isNaN(sentAtMs) ? null : sentAtMs, type, context: common.value });
  }
  const { code, path, message } = common.error;
  return err({ code: 'batch-invalid', detail: `${path}: ${message}`, extra: { path, reason: code } });
}

interface Admitted {
  readonly events: readonly RoutableEvent[];
  readonly rejected: readonly RejectedEvent[];
  readonly madeIds: readonly { readonly index: number; readonly id: string }[];
}

/** Validates and enriches every event: what may be stored, and why the others may not. */
function admit(wireEvents: readonly unknown[], arrival: Arrival, enricher: Enricher, newId: () => string): Admitted {
  const events: RoutableEvent[] = [];
  const rejected: RejectedEvent[] = [];
  const madeIds: { index: number; id: string }[] = [];
  const size = new StoredSize();
  for (let index = 0; index < wireEvents.length; index++) {
    const wire = wireEvents[index];
    const valid = wire instanceof UnreadableEvent ? err(wire.rejection) : validateEvent(wire, arrival, newId);
    if (!valid.ok) {
      size.add(laidOverBytes(wire, arrival));
      rejected.push({ index, id: readableId(wire), ...valid.error });
      continue;
    }
    const { id, idMade, routingAtMs } = valid.value;
    const record = enricher.record(valid.value);
    size.addRecord(record);
    events.push({ record, routingAtMs });
    if (idMade) madeIds.push({ index, id });
  }
  return { events, rejected, madeIds };
}

/** What was laid under an event's own context cost as much as that of an event that is taken. */
function laidOverBytes(wire: unknown, { context }: Arrival): number {
  const hasOwn = context !== undefined && (wire as { readonly context?: unknown } | null)?.context != null;
  return hasOwn ? (context.sizeBytes ?? 0) : 0;
}

/** The id of an event that was rejected, as far as it has one that can be shown. */
function readableId(wire: unknown): string | null {
  if (typeof wire !== 'object' || wire === null) return null;
  const { id, messageId } = wire as { readonly id?: unknown; readonly messageId?: unknown };
  const shown = id ?? messageId;
  return typeof shown === 'string' && shown.length <= LIMITS.idLengthMax ? shown : null;
}

/** A shard said that the map is old: the store may not have the new one yet, the directory does. */
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
