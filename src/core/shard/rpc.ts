/**
 * RPC: the calls and messages between the edge, the shards, the sinks and the queries. Plain data, structured-clonable.
 */
import type { CellKind } from '../rollup/cell-codec.ts';
import type { TimeRange } from '../std/time-range.ts';
import type { RecentReply, RecentRequest } from './recent.ts';
import type { ShardAddress, ShardEpoch } from './shard-map.ts';
import type { MapState, SplitRequest } from './split.ts';

/** One block of the log with the decision on each of its events at admission (see disposition.ts). */
export interface LoggedBlock {
  readonly seq: number;
  readonly block: Uint8Array;
  /** One byte an event. */
  readonly dispositions: Uint8Array;
}

export interface AppendRequest {
  readonly address: ShardAddress;
  readonly epoch: number;
  /** EventBlocks of one request, in order; stored together or not at all. */
  readonly blocks: readonly Uint8Array[];
}
export type AppendReply =
  | {
      readonly status: 'stored';
      /** One array a block, one byte an event. */
      readonly dispositions: readonly Uint8Array[];
    }
  | { readonly status: 'stale-map' }
  | { readonly status: 'overloaded'; readonly retryAfterMs: number };

export interface LiveRequest {
  readonly address: ShardAddress;
  /** Rollup whose cells are wanted; absent when the caller wants the state alone. */
  readonly rollupId?: string;
  /** Event-time range of the windows wanted. */
  readonly startMs: number;
  readonly endMs: number;
  /** What is wanted of the cells. Default: all, as a shard of an earlier release gives. */
  readonly kind?: CellKind;
  /** Slices of minutes whose events are wanted in cells of their own. Default: none. */
  readonly slices?: readonly TimeRange[];
}
export interface LiveReply {
  readonly incarnation: string;
  /** The seq below which all rows are stored and confirmed; the shard answers for everything from there on. */
  readonly storedSeq: number;
  /** Sequence number of the next row. */
  readonly headSeq: number;
  /** Null when the shard has never held an event. */
  readonly watermarkMs: number | null;
  /** Encoded RollupCells (cell-codec.ts) of [storedSeq, headSeq) within the range; null when there are none. */
  readonly cells: readonly Uint8Array[] | null;
  /**
   * Encoded RollupCells of the events of `slices`, each window beginning where its slice does. Absent when none were asked
   * for, or when the shard is of an earlier release.
   */
  readonly sliceCells?: readonly Uint8Array[];
  /** True when some block since storedSeq was made without this rollup: the answer must come from the lake. */
  readonly rollupMissing: boolean;
  /** Number of events since storedSeq in range that are in no cell (beyond the allowed lateness). */
  readonly pendingEvents: number;
  /** The part of `pendingEvents` that may be copies. Absent when the shard is of an earlier release. */
  readonly undecidedEvents?: number;
  /** Number of late corrections since storedSeq in range. */
  readonly corrections: number;
  /** Number of events accepted since storedSeq. */
  readonly tailEvents: number;
}

export interface ReadTailRequest {
  readonly address: ShardAddress;
  /** First row of the page. Default: storedSeq. */
  readonly seqFrom?: number;
  /** The blocks that are wanted: those whose events may link ids. Default: all. A shard of an earlier release gives all. */
  readonly only?: 'links';
}
export type ReadTailReply =
  | {
      readonly status: 'ok';
      readonly incarnation: string;
      readonly storedSeq: number;
      readonly watermarkMs: number | null;
      readonly blocks: readonly LoggedBlock[];
      /** First row of the next page; null when this page is the last. */
      readonly nextSeq: number | null;
    }
  /** The range asked for has been confirmed and dropped meanwhile: the caller begins again. */
  | { readonly status: 'gone' };

export interface FlushRef {
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
}
/** Accounts of the requests whose blocks the flush holds (CORRECTNESS F1), in events. */
export interface Tally {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly rejected: number;
  /** The part of `accepted` whose times lay in the future and were clamped. */
  readonly clamped: number;
}
/** A part of a flush, of one day. A part of a shard of an earlier release has no kind: all of its cells, of any days. */
export interface FlushPart {
  readonly rollupId: string;
  readonly kind?: CellKind;
  /** Number of the part among those of its rollup, kind and day. */
  readonly chunk: number;
  readonly cells: Uint8Array;
  readonly startMsMin: number;
  readonly startMsMax: number;
  readonly overflowed: boolean;
}
export interface ReadFlushRequest {
  readonly address: ShardAddress;
  /** The flush to read; absent for the first page of the oldest flush that is not yet confirmed. */
  readonly flush?: FlushRef;
  /** First row of the page, as the page before said. */
  readonly seqFrom?: number;
  /** First part of the page. Absent for all parts with the first page, as sinks of earlier releases want them. */
  readonly partFrom?: number;
}
export type ReadFlushReply =
  | {
      readonly status: 'ok';
      readonly flush: FlushRef;
      readonly checksum: string;
      readonly tally: Tally;
      readonly corrections: number;
      /** Rollups that every block of the flush was made under. */
      readonly rollupIds: readonly string[];
      readonly parts: readonly FlushPart[];
      readonly blocks: readonly LoggedBlock[];
      /** First row of the next page; null on the last page of rows. */
      readonly nextSeq: number | null;
      /** First part of the next page; absent on the last page of parts. */
      readonly nextPart?: number;
    }
  /** No flush waits to be stored. */
  | { readonly status: 'stored' }
  /** The range is no longer held: another consumer stored it. */
  | { readonly status: 'gone' };

export interface ConfirmRequest {
  readonly address: ShardAddress;
  readonly flush: FlushRef;
}
/** Undefined in earlier releases. */
export interface ConfirmReply {
  /** Whether further flushes wait. One that is cut later has a message of its own. */
  readonly hasMore: boolean;
}

/** Queue message: a shard has flushes to store. It is only a hint: the sink pulls the flushes that wait. */
export interface FlushMessage {
  readonly address: ShardAddress;
  /** True when the shard is offered more than it should take: its tenant's map should grow. */
  readonly isHot?: true;
}
/** Queue message: a tenant's day is to be sealed. */
export interface SealMessage {
  readonly uid: string;
  /** Days since the epoch, UTC. */
  readonly day: number;
  /** Reason of the seal, for telemetry: the schedule, an import, or a command. */
  readonly cause: 'schedule' | 'import' | 'command';
  /** One task of a seal that is too big for one invocation; absent for the next step of the day, whichever it is. */
  readonly task?: SealTaskName;
}
/** Queue message: the days of a command are to be looked at, once the shards have stored what they held. */
export interface SealCommand {
  readonly uid: string;
  readonly days: readonly number[];
  readonly cause: 'command';
}
export type SealQueueMessage = SealMessage | SealCommand;
export interface SealQueue {
  sendBatch(messages: Iterable<{ body: SealQueueMessage }>): Promise<unknown>;
}
export interface SealTaskName {
  readonly revision: number;
  /** Name such as `copies-3`, `bucket-7`. */
  readonly task: string;
}

/** Asks the shard to cut a flush now. The reply says where its stored and cut positions stand. */
export interface CutRequest {
  readonly address: ShardAddress;
}
export interface CutReply {
  readonly incarnation: string;
  readonly storedSeq: number;
  /** The seq below which all rows are cut, stored or not. A seal waits until storedSeq reaches it. */
  readonly cutSeq: number;
}

export interface ShardStatusRequest {
  readonly address: ShardAddress;
}
/** State of a shard, for people and dashboards. Counters begin when the instance wakes. */
export interface ShardStatusReply {
  readonly incarnation: string;
  readonly storedSeq: number;
  readonly cutSeq: number;
  readonly headSeq: number;
  readonly watermarkMs: number | null;
  readonly tailEvents: number;
  readonly pendingEvents: number;
  /** Number of flushes cut and not yet confirmed. */
  readonly waitingFlushes: number;
  /** Number of times the sink has begun to store the oldest of them. */
  readonly oldestFlushAttempts: number;
  /** Time since the first event of the oldest waiting flush was received; 0 when none waits. */
  readonly oldestFlushAgeMs: number;
  readonly logSizeBytes: number;
  /** Ids held for de-duplication. */
  readonly rememberedIds: number;
  readonly rowsWritten: number;
}

/** Announces a later epoch of the shard map: from its start on the shard takes no event of an earlier one. */
export interface CloseRequest {
  readonly address: ShardAddress;
  readonly next: ShardEpoch;
}
export type CloseReply =
  /** The shard has closed, durably. */
  | { readonly status: 'closed' }
  /** The shard has taken an event at or beyond that start. */
  | { readonly status: 'seen'; readonly routingAtMsMax: number };

export interface RestRequest {
  readonly address: ShardAddress;
}
export interface RestReply {
  /** True when the shard holds nothing, has been idle, and will register again before it acknowledges another event. */
  readonly isResting: boolean;
  readonly storedSeq: number;
  readonly headSeq: number;
  /** The row below which flushes are cut: from `storedSeq` to it they wait. Absent in replies of earlier releases. */
  readonly cutSeq?: number;
  /** Absent in replies of earlier releases. */
  readonly watermarkMs?: number | null;
}

/** What answers need to know of a resting shard. */
export type RestState = Required<Pick<RestReply, 'storedSeq' | 'watermarkMs'>>;

export interface WipeRequest {
  readonly address: ShardAddress;
}

/** RPC surface of a shard, as the edge, sinks and queries see it. */
export interface ShardRpc {
  append(request: AppendRequest): Promise<AppendReply>;
  live(request: LiveRequest): Promise<LiveReply>;
  readTail(request: ReadTailRequest): Promise<ReadTailReply>;
  readFlush(request: ReadFlushRequest): Promise<ReadFlushReply>;
  confirm(request: ConfirmRequest): Promise<ConfirmReply | undefined>;
  cut(request: CutRequest): Promise<CutReply>;
  status(request: ShardStatusRequest): Promise<ShardStatusReply>;
  close(request: CloseRequest): Promise<CloseReply>;
  rest(request: RestRequest): Promise<RestReply>;
  /** Tells what was taken lately, of what the shard still holds. */
  recent(request: RecentRequest): Promise<RecentReply>;
  /** Erases the shard of a deleted tenant. Calls under way fail; later calls find a new shard. */
  wipe(request: WipeRequest): Promise<void>;
}

/**
 * Returns the shard at an address, with the region as location hint. Shells make it from the binding; tests fake it.
 */
export type ShardOf = (address: ShardAddress) => ShardRpc;

export interface RegisteredShard {
  readonly region: string;
  readonly index: number;
  readonly incarnation: string;
  /** Time of the registration. It grows with each one, so that a note about an earlier registration is recognised. */
  readonly registeredAtMs: number;
  /** True when the shard holds nothing to store; it registers again before it does. */
  readonly isResting?: true;
  /** Of a resting shard: the row below which everything is stored. Absent when an earlier release noted that it rests. */
  readonly storedSeq?: number;
  /** The watermark that was last told for it while it rested: a shard that registers has at least this one. */
  readonly watermarkMs?: number | null;
}
/** The reply to a registration: what the shard needs to know of the map, and the watermark that was told for it. */
export interface Registration extends MapState {
  readonly watermarkMs?: number | null;
}
/** All that a directory knows. */
export interface Standing extends MapState {
  readonly shards: readonly RegisteredShard[];
}
export interface ListRequest {
  /** Whether the watermarks of resting shards are wanted as of now; they are noted first. */
  readonly isAsked: boolean;
}
/** RPC surface of a tenant's directory. */
export interface DirectoryRpc {
  /** Adds or replaces a shard, durably. */
  register(shard: RegisteredShard): Promise<Registration>;
  list(request?: ListRequest): Promise<RegisteredShard[]>;
  /** Notes that the shard of that very registration rests, in this state; false when it has registered again meanwhile. */
  rest(shard: RegisteredShard, state?: RestState): Promise<boolean>;
  /** Returns the shard map: published epochs and the pending one. */
  map(): Promise<MapState>;
  /** Returns the shards and the map by one call. */
  standing(): Promise<Standing>;
  beginSplit(request: SplitRequest): Promise<MapState>;
  postponeSplit(request: { epoch: number; beyondMs: number; nowMs: number }): Promise<MapState>;
  publishSplit(closed: ShardEpoch): Promise<MapState>;
  /**
   * Erases the directory of a deleted tenant, whose shards given are wiped. True when nothing is left; false when
   * others have registered meanwhile.
   */
  wipe(gone: readonly RegisteredShard[]): Promise<boolean>;
}
export type DirectoryOf = (uid: string) => DirectoryRpc;
