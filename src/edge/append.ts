/**
 * Append: sends a request's events to their shards, and returns the decision of the shard on each event.
 *
 * in: groups of a route · out: dispositions, or a Problem: 429 `overloaded`, 503 `shard-unavailable`, 503 `shard-map-stale`,
 * 413 `events-too-large`
 *
 * - All shards are asked at once and all are awaited: nothing is left running behind an answer.
 * - One shard that refuses or fails makes the whole answer retryable. The resend finds the events that other shards stored
 *   meanwhile as duplicates. No other shard or region is tried instead: the first one might have stored the events.
 * - After `stale-map` the tenant is loaded afresh, and the refused groups alone are routed again, once.
 * - The tally of rejected events travels in the first block of the first group (CORRECTNESS F1).
 */
import { encodeBlock } from '../core/block/block.ts';
import type { EventRecord } from '../core/event/event.ts';
import { LIMITS } from '../core/limits.ts';
import type { AppendReply, AppendRequest, ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import type { Hasher } from '../core/std/hash.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { Problem } from '../http/problem.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';
import { emptyGroup, routeEvents, type ShardGroup } from './route.ts';
import type { RoutableEvent } from './steps/step.ts';
import { StoredSize } from './steps/stored-size.ts';

export interface Append {
  readonly tenant: Tenant;
  readonly region: string;
  readonly hasher: Hasher;
  readonly receivedAtMs: number;
  readonly events: readonly RoutableEvent[];
  /** Number of the request's events that the steps rejected. */
  readonly rejected: number;
}
export interface AppendPorts {
  readonly shardOf: ShardOf;
  /** Loads the tenant as the store has it now. */
  readonly reloadTenant: (tenant: Tenant) => Promise<Tenant>;
  /** Reports that the platform refuses calls to this shard, because it has too many. */
  readonly reportHot?: (address: ShardAddress) => void;
}

const OVERLOAD_RETRY_SECONDS = 5;

/** Appends all events. The dispositions come in no particular order of events. */
export async function append(request: Append, ports: AppendPorts): Promise<Uint8Array[]> {
  const first = await appendOnce(request, ports);
  if (first.stale.length === 0) return first.dispositions;
  const tenant = await ports.reloadTenant(request.tenant);
  const events = first.stale.flatMap(({ group }) => group.events);
  const rejected = first.stale.reduce((sum, { tally }) => sum + tally, 0);
  const again = await appendOnce({ ...request, tenant, events, rejected }, ports);
  if (again.stale.length > 0) {
    throw retryLater(503, 'shard-map-stale', 'The tenant is being re-sharded; send the request again.', 1);
  }
  return [...first.dispositions, ...again.dispositions];
}

/** A group and how many rejected events its first block accounts for. */
interface Sending {
  readonly group: ShardGroup;
  readonly tally: number;
}

async function appendOnce(
  request: Append,
  ports: AppendPorts,
): Promise<{ dispositions: Uint8Array[]; stale: Sending[] }> {
  const sendings = sendingsOf(request);
  const size = new StoredSize();
  const requests = sendings.map((sending) => appendRequestOf(request, sending, size));
  const replies = await Promise.all(requests.map((sent) => appendToShard(sent, ports)));
  const stored = mustBeAnswered(replies);
  return {
    dispositions: stored.flatMap((reply) => (reply.status === 'stored' ? reply.dispositions : [])),
    stale: sendings.filter((_, i) => stored[i]?.status === 'stale-map'),
  };
}

function sendingsOf({ tenant, region, hasher, receivedAtMs, events, rejected }: Append): Sending[] {
  const groups = events.length > 0 ? routeEvents(tenant, region, events, hasher) : [];
  if (groups.length === 0 && rejected > 0) groups.push(emptyGroup(tenant, region, receivedAtMs));
  return groups.map((group, i) => ({ group, tally: i === 0 ? rejected : 0 }));
}

function appendRequestOf(
  { tenant, hasher, receivedAtMs }: Append,
  { group, tally }: Sending,
  size: StoredSize,
): AppendRequest {
  const records = group.events.map(({ record }) => record);
  const routingAtMsMax = group.events.reduce((max, { routingAtMs }) => Math.max(max, routingAtMs), 0);
  const blocks = splitByChars(records).flatMap((part, i) => encodeBounded(part, i === 0 ? tally : 0));
  return { address: group.address, epoch: group.epoch, blocks };

  function encodeBounded(part: readonly EventRecord[], rejected: number): Uint8Array[] {
    const tally = { rejected, quarantined: 0 };
    const block = encodeBlock({ receivedAtMs, routingAtMsMax, records: part, rollups: tenant.rollups, hasher, tally });
    if (block.byteLength <= LIMITS.blockSizeBytesMax || part.length <= 1) {
      size.add(block.byteLength);
      return [block];
    }
    const half = part.length >>> 1;
    return [...encodeBounded(part.slice(0, half), rejected), ...encodeBounded(part.slice(half), 0)];
  }
}

/** Half the limit, in characters: blocks of mostly ASCII fit at the first try, and others are halved after encoding. */
const BLOCK_CHARS_MAX = LIMITS.blockSizeBytesMax / 2;

function splitByChars(records: readonly EventRecord[]): EventRecord[][] {
  const parts: EventRecord[][] = [[]];
  let chars = 0;
  for (const record of records) {
    const { properties, context } = record.strings;
    const size = 300 + (properties?.length ?? 0) + (context?.length ?? 0);
    if (chars + size > BLOCK_CHARS_MAX && chars > 0) {
      parts.push([]);
      chars = 0;
    }
    parts.at(-1)?.push(record);
    chars += size;
  }
  return parts;
}

interface ShardFailure {
  readonly status: 'failed';
  readonly error: unknown;
}

async function appendToShard(
  request: AppendRequest,
  { shardOf, reportHot }: AppendPorts,
): Promise<AppendReply | ShardFailure> {
  try {
    return await shardOf(request.address).append(request);
  } catch (error) {
    if (isOverload(error)) reportHot?.(request.address);
    return { status: 'failed', error };
  }
}

/** Throws the retryable answer if any shard refused or failed. Overload comes first, because it asks for a longer wait. */
function mustBeAnswered(replies: readonly (AppendReply | ShardFailure)[]): AppendReply[] {
  const waits = replies.map((reply) => (reply.status === 'overloaded' ? Math.ceil(reply.retryAfterMs / 1_000) : 0));
  const failures = replies.filter((reply) => reply.status === 'failed');
  if (failures.some(({ error }) => isOverload(error))) waits.push(OVERLOAD_RETRY_SECONDS);
  const waitSeconds = Math.max(0, ...waits);
  const overloaded = waitSeconds > 0 || replies.some((reply) => reply.status === 'overloaded');
  if (overloaded) {
    const detail = 'The shard of these events takes no more for now; send the request again.';
    throw retryLater(429, 'overloaded', detail, Math.max(1, waitSeconds));
  }
  const [failure] = failures;
  if (failure === undefined) return replies.filter((reply) => reply.status !== 'failed');
  throw retryLater(503, 'shard-unavailable', 'A shard did not answer; send the request again.', 1, failure.error);
}

/** Whether the platform marked the error as that of an object whose queue is full. */
function isOverload(error: unknown): boolean {
  return error instanceof Error && 'overloaded' in error && error.overloaded === true;
}

function retryLater(status: number, code: ProblemCode, detail: string, seconds: number, cause?: unknown): Problem {
  return new Problem(status, code, detail, { headers: { 'retry-after': String(seconds) }, cause });
}
