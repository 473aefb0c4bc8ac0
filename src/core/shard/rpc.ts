/**
 * RPC: what crosses between the edge, the shards, the sinks and the queries. Plain data, structured-clonable.
 */
import type { ShardAddress, ShardEpoch } from './shard-map.ts';
import type { MapState, SplitRequest } from './split.ts';

/** One block of the log with what was decided of each of its events at admission (see disposition.ts). */
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
      readonly status: 'stored' /** One array a block, one byte an event. */;
      readonly dispositions: readonly Uint8Array[];
    }
  | { readonly status: 'stale-map' }
  | { readonly status: 'overloaded'; readonly retryAfterMs: number };

export interface LiveRequest {
  readonly address: ShardAddress;
  /** Cells of this rollup are wanted; absent: only the state. */
  readonly rollupId?: string;
  /** Event-time range of the windows wanted. */
  readonly startMs: number;
  readonly endMs: number;
}
export interface LiveReply {
  readonly incarnation: string;
  /** Everything below is stored and confirmed; the shard answers for everything from here on. */
  readonly storedSeq: number;
  /** The next seq to be written. */
  readonly headSeq: number;
  /** Null: the shard has never held an event. */
  readonly watermarkMs: number | null;
  /** Encoded RollupCells (cell-codec.ts) of [storedSeq, headSeq) within the range; null when there are none. */
  readonly cells: readonly Uint8Array[] | null;
  /** Some block since storedSeq was made without this rollup: the answer must come from the lake. */
  readonly rollupMissing: boolean;
  /** Events since storedSeq in range that are in no cell (beyond the allowed lateness). */
  readonly pendingEvents: number;
  /** Late corrections since storedSeq in range. */
  readonly corrections: number;
  /** Events accepted since storedSeq. */
  readonly tailEvents: number;
}

export interface ReadTailRequest {
  readonly address: ShardAddress;
  /** Absent: from storedSeq. */
  readonly seqFrom?: number;
}
export type ReadTailReply =
  | {
      readonly status: 'ok';
      readonly incarnation: string;
      readonly storedSeq: number;
      readonly watermarkMs: number | null;
      readonly blocks: readonly LoggedBlock[];
      /** Where the next page starts; null: that was all. */
      readonly nextSeq: number | null;
    }
  /** The range asked for has been confirmed and dropped meanwhile: begin again. */
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
}
export interface FlushPart {
  readonly rollupId: string;
  readonly chunk: number;
  readonly cells: Uint8Array;
  readonly startMsMin: number;
  readonly startMsMax: number;
  readonly overflowed: boolean;
}
export interface ReadFlushRequest {
  readonly address: ShardAddress;
  /** Absent: the oldest flush not yet confirmed, its first page. */
  readonly flush?: FlushRef;
  /** Where the page begins, as the page before it said. */
  readonly seqFrom?: number;
  /** The parts, page by page, from this one on; absent: all with the first page, as sinks of earlier releases want them. */
  readonly partFrom?: number;
}
export type ReadFlushReply =
  | {
      readonly status: 'ok';
      readonly flush: FlushRef;
      readonly checksum: string;
      readonly tally: Tally;
      readonly corrections: number;
      /** Rollups every block of the flush was made under. */
      readonly rollupIds: readonly string[];
      readonly parts: readonly FlushPart[];
      readonly blocks: readonly LoggedBlock[];
      /** Where the next page begins; null: those were the last rows. */
      readonly nextSeq: number | null;
      /** The same of parts; absent: those were all. */
      readonly nextPart?: number;
    }
  /** Nothing waits to be stored. */
  | { readonly status: 'stored' }
  /** That range is no longer held: another consumer stored it. */
  | { readonly status: 'gone' };

export interface ConfirmRequest {
  readonly address: ShardAddress;
  readonly flush: FlushRef;
}

/** Queue message: a shard has flushes to store. Trusted with nothing: the sink pulls what there is. */
export interface FlushMessage {
  readonly address: ShardAddress;
  /** It is offered more than a shard should take: its tenant's map wants to grow. */
  readonly isHot?: true;
}
/** Queue message: a tenant's day wants to be sealed. */
export interface SealMessage {
  readonly uid: string;
  /** Days since the epoch, UTC. */
  readonly day: number;
  /** Why, for telemetry: the schedule, an import, or a command. */
  readonly cause: 'schedule' | 'import' | 'command';
  /** One task of a seal that is too big for one invocation; absent: whatever the day needs next. */
  readonly task?: SealTaskName;
}
export interface SealTaskName {
  readonly revision: number;
  /** `ids-3`, `bucket-7`. */
  readonly task: string;
}

/** Asks the shard to cut a flush now. Answers where its stored and cut positions stand. */
export interface CutRequest {
  readonly address: ShardAddress;
}
export interface CutReply {
  readonly incarnation: string;
  readonly storedSeq: number;
  /** Everything below is cut, stored or not. A seal waits for storedSeq to reach it. */
  readonly cutSeq: number;
}

export interface ShardStatusRequest {
  readonly address: ShardAddress;
}
/** How a shard stands, for people and dashboards; counters are since this instance woke. */
export interface ShardStatusReply {
  readonly incarnation: string;
  readonly storedSeq: number;
  readonly cutSeq: number;
  readonly headSeq: number;
  readonly watermarkMs: number | null;
  readonly tailEvents: number;
  readonly pendingEvents: number;
  /** Flushes cut and not yet confirmed. */
  readonly waitingFlushes: number;
  /** How often the sink has begun to store the oldest of them. */
  readonly oldestFlushAttempts: number;
  /** Since the first event of the oldest waiting flush was received; 0: none waits. */
  readonly oldestFlushAgeMs: number;
  readonly logSizeBytes: number;
  /** Ids held for de-duplication. */
  readonly rememberedIds: number;
  readonly rowsWritten: number;
}

/** A later epoch of the shard map is about to be published: from its start on the shard takes no event of an earlier one. */
export interface CloseRequest {
  readonly address: ShardAddress;
  readonly next: ShardEpoch;
}
export type CloseReply =
  /** Durably. */
  | { readonly status: 'closed' }
  /** It has taken an event at or beyond that start. */
  | { readonly status: 'seen'; readonly routingAtMsMax: number };

export interface RestRequest {
  readonly address: ShardAddress;
}
export interface RestReply {
  /** It holds nothing, has been idle, and will register again before it acknowledges another event. */
  readonly isResting: boolean;
  readonly storedSeq: number;
  readonly headSeq: number;
}

export interface WipeRequest {
  readonly address: ShardAddress;
}

/** The RPC surface of a shard, as the edge, sinks and queries see it. */
export interface ShardRpc {
  append(request: AppendRequest): Promise<AppendReply>;
  live(request: LiveRequest): Promise<LiveReply>;
  readTail(request: ReadTailRequest): Promise<ReadTailReply>;
  readFlush(request: ReadFlushRequest): Promise<ReadFlushReply>;
  confirm(request: ConfirmRequest): Promise<void>;
  cut(request: CutRequest): Promise<CutReply>;
  status(request: ShardStatusRequest): Promise<ShardStatusReply>;
  close(request: CloseRequest): Promise<CloseReply>;
  rest(request: RestRequest): Promise<RestReply>;
  /** The tenant was deleted: nothing is left of the shard. What is under way fails; who comes later finds a new one. */
  wipe(request: WipeRequest): Promise<void>;
}

/** Reaches the shard at an address, with the region as location hint. Shells make it from the binding; tests fake it. */
export type ShardOf = (address: ShardAddress) => ShardRpc;

export interface RegisteredShard {
  readonly region: string;
  readonly index: number;
  readonly incarnation: string;
  /** Grows with each registration of a shard, so that a note about an earlier one is told apart. */
  readonly registeredAtMs: number;
  /** It holds nothing to store and registers again before it does. */
  readonly isResting?: true;
}
/** The RPC surface of a tenant's directory. */
export interface DirectoryRpc {
  /** Adds or replaces a shard, durably; what comes back is all that a shard needs to know of the map. */
  register(shard: RegisteredShard): Promise<MapState>;
  list(): Promise<RegisteredShard[]>;
  /** Notes that the shard of that very registration rests; false: it has registered again meanwhile. */
  rest(shard: RegisteredShard): Promise<boolean>;
  /** The shard map: what is published and what is about to be. */
  map(): Promise<MapState>;
  beginSplit(request: SplitRequest): Promise<MapState>;
  postponeSplit(request: { epoch: number; beyondMs: number; nowMs: number }): Promise<MapState>;
  publishSplit(closed: ShardEpoch): Promise<MapState>;
  /** The tenant was deleted, these shards are wiped. True: nothing is left; false: others have registered meanwhile. */
  wipe(gone: readonly RegisteredShard[]): Promise<boolean>;
}
export type DirectoryOf = (uid: string) => DirectoryRpc;
