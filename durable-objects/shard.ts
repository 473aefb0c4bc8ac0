/**
 * Shard: the Durable Object that owns one tenant, region and key range: a thin shell around the engine.
 *
 * In: EventBlocks by RPC. Out: dispositions, live cells, flushes for the sink.
 * - The order of an append is (CORRECTNESS D1, D2): plan → write the row → apply, in one synchronous stretch.
 * - Requests that arrive during a commit share the next row, and under load so do those that follow closely (group
 *   commit). An idle shard writes a request at once.
 * - Replies leave through the output gate, so none overtakes the commit it relies on.
 * - The alarm has two duties, to cut an old flush and to remind the sink. Each is caught on its own, and the alarm is
 *   armed again instead of throwing.
 */
import { DurableObject } from 'cloudflare:workers';
import { openBlock } from '../src/core/block/block.ts';
import { LIMITS } from '../src/core/limits.ts';
import { oldestRememberedDay } from '../src/core/shard/dedupe.ts';
import { Engine } from '../src/core/shard/engine.ts';
import type { RecentReply, RecentRequest } from '../src/core/shard/recent.ts';
import type {
  AppendReply,
  AppendRequest,
  CloseReply,
  CloseRequest,
  ConfirmReply,
  ConfirmRequest,
  CutReply,
  CutRequest,
  DirectoryOf,
  FlushMessage,
  LiveReply,
  LiveRequest,
  ReadFlushReply,
  ReadFlushRequest,
  ReadTailReply,
  ReadTailRequest,
  RestReply,
  ShardRpc,
  ShardStatusReply,
} from '../src/core/shard/rpc.ts';
import type { ShardAddress } from '../src/core/shard/shard-map.ts';
import { assert } from '../src/core/std/result.ts';
import { noteOthers } from '../src/lake/std/pacer.ts';
import { logError } from '../src/observe/log.ts';
import { Admission } from './admission.ts';
import { directoryOf } from './directory.ts';
import { flushAccount, partsPage } from './flush-page.ts';
import { Gathering } from './gathering.ts';
import { LinkRows } from './link-rows.ts';
import { rowsOf } from './rows.ts';
import { ShardEpochs } from './shard-epochs.ts';
import { recentOf } from './shard-recent.ts';
import { type ShardMeta, ShardStore } from './shard-store.ts';
import { type Waiter, Waiting } from './waiting.ts';

export interface ShardEnv {
  readonly FLUSH_QUEUE: Queue<FlushMessage>;
  readonly DIRECTORY: DurableObjectNamespace;
}

/** The time that the sink has to store a flush before it is reminded; doubles with each reminder, up to the maximum. */
const REMIND_AFTER_MS = 30_000;
const REMIND_AFTER_MS_MAX = 120_000;
/** The wait named by a wiped shard: by then every edge has learnt that the tenant is deleted. */
const WIPED_RETRY_AFTER_MS = LIMITS.tenantCacheMs;
/** Waiting flushes above which age cuts no flush: the sink stands still, so a cut would store nothing sooner. */
const WAITING_FLUSHES_OLD = LIMITS.waitingFlushesMax / 4;

export class Shard extends DurableObject<ShardEnv> implements ShardRpc {
  readonly #store: ShardStore;
  readonly #engine: Engine;
  readonly #epochs: ShardEpochs;
  readonly #admission: Admission;
  readonly #directoryOf: DirectoryOf;
  #address: ShardAddress | null;
  #registered: boolean;
  readonly #linkRows = new LinkRows();
  readonly #waiting = new Waiting();
  readonly #gathering = new Gathering(this.#waiting);
  #draining = false;
  /** Set once the tables are deleted: this instance takes nothing until it is evicted. */
  #isWiped = false;
  /** The time of the alarm as this instance knows it; null when none is set. */
  #alarmAtMs: number | null = null;
  /** Reminders sent since the last confirm. */
  #reminders = 0;
  /** Number of times that the sink began to read the oldest flush since the last confirm. */
  #attempts = 0;

  constructor(ctx: DurableObjectState, env: ShardEnv) {
    super(ctx, env);
    this.#store = new ShardStore(ctx.storage.sql);
    this.#directoryOf = directoryOf(env.DIRECTORY);
    const meta = this.#store.open(() => crypto.randomUUID().replaceAll('-', ''));
    this.#address = meta.address;
    this.#registered = meta.registered;
    this.#epochs = new ShardEpochs(this.#store, meta.routingAtMsMax, (change) => this.#mutate(change));
    this.#engine = this.#restore(meta);
    this.#admission = new Admission(this.#engine, () => this.#askForSplit());
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
      await this.#arm();
    });
  }

  async append(request: AppendRequest): Promise<AppendReply> {
    noteOthers();
    if (this.#isWiped) return { status: 'overloaded', retryAfterMs: WIPED_RETRY_AFTER_MS };
    const blocks = request.blocks.map(openBlock);
    const sizeBytes = blocks.reduce((sum, block) => sum + block.bytes.byteLength, 0);
    this.#address ??= request.address;
    const nowMs = Date.now();
    const held = { pendingSizeBytes: this.#waiting.sizeBytes, logSizeBytes: this.#store.logSizeBytes };
    const epochStartMs = this.#epochs.startMs(nowMs);
    const retryAfterMs = this.#admission.refusal({ blocks, sizeBytes, ...held, epochStartMs }, nowMs);
    if (retryAfterMs !== null) return { status: 'overloaded', retryAfterMs };
    const { epoch } = request;
    const routingAtMsMax = blocks.reduce((max, block) => Math.max(max, block.routingAtMsMax), 0);
    const reply = this.#waiting.add({ blocks, sizeBytes, epoch, routingAtMsMax });
    this.#gathering.noteArrival();
    if (!this.#draining) this.ctx.waitUntil(this.#drain());
    return reply;
  }

  async live(request: LiveRequest): Promise<LiveReply> {
    this.#advanceWhenIdle();
    if (request.rollupId !== undefined) this.#mutate(() => this.#engine.makeCells());
    return this.#engine.live(request, (seqFrom, seqTo) => this.#store.rows(seqFrom, seqTo));
  }

  async readTail(request: ReadTailRequest): Promise<ReadTailReply> {
    const { storedSeq, headSeq, incarnation } = this.#engine;
    if (request.seqFrom === undefined) this.#advanceWhenIdle();
    const seqFrom = request.seqFrom ?? storedSeq;
    if (seqFrom < storedSeq) return { status: 'gone' };
    const page =
      request.only === 'links'
        ? this.#store.readRows(this.#linkRowsFrom(seqFrom), LIMITS.rpcPageSizeBytesMax)
        : this.#store.read(seqFrom, headSeq, LIMITS.rpcPageSizeBytesMax);
    if (page === null) return { status: 'gone' };
    return { status: 'ok', incarnation, storedSeq, watermarkMs: this.#engine.watermarkMs, ...page };
  }

  #linkRowsFrom(seqFrom: number): number[] {
    const { storedSeq, headSeq } = this.#engine;
    return this.#linkRows.find({ seqFrom, seqTo: headSeq, storedSeq }, (seq) =>
      [...this.#store.rows(seq, seq + 1)].flatMap(({ blocks }) => blocks),
    );
  }

  async recent(request: RecentRequest): Promise<RecentReply> {
    return recentOf(this.#engine, (seqFrom, seqTo) => this.#store.rows(seqFrom, seqTo), request);
  }

  async readFlush(request: ReadFlushRequest): Promise<ReadFlushReply> {
    const oldest = this.#engine.outbox[0];
    const { incarnation } = this.#engine;
    if (oldest === undefined) return { status: 'stored' };
    const { flush, seqFrom = oldest.seqFrom } = request;
    if (flush !== undefined && (flush.incarnation !== incarnation || flush.seqFrom !== oldest.seqFrom))
      return { status: 'gone' };
    if (flush === undefined) this.#attempts++;
    const rows = this.#store.read(seqFrom, oldest.seqTo, LIMITS.rpcPageSizeBytesMax);
    assert(rows !== null, `flush ${oldest.seqFrom}-${oldest.seqTo} is not confirmed, but its rows are gone`);
    return { status: 'ok', ...flushAccount(oldest, incarnation), ...partsPage(oldest, request), ...rows };
  }

  async confirm(request: ConfirmRequest): Promise<ConfirmReply> {
    const { flush } = request;
    const { incarnation, outbox } = this.#engine;
    if (flush.incarnation === incarnation && outbox[0]?.seqFrom === flush.seqFrom) {
      this.#mutate(() => {
        const { watermarkMs } = this.#engine;
        const { routingAtMsMax } = this.#epochs;
        this.ctx.storage.transactionSync(() => this.#store.saveConfirm(flush, watermarkMs, routingAtMsMax));
        this.#engine.confirm(flush.seqFrom, flush.seqTo);
      });
      this.#reminders = 0;
      this.#attempts = 0;
    }
    return { hasMore: this.#engine.outbox.length > 0 };
  }

  async close(request: CloseRequest): Promise<CloseReply> {
    return this.#epochs.close(request.next);
  }

  /** Answers the sweep: after a yes the sweep leaves the shard asleep until it registers again. */
  async rest(): Promise<RestReply> {
    const { headSeq, storedSeq, cutSeq, lastReceivedAtMs, watermarkMs } = this.#engine;
    const isIdle = !this.#draining && this.#waiting.count === 0 && Date.now() - lastReceivedAtMs >= LIMITS.restAfterMs;
    const isResting = isIdle && headSeq === storedSeq;
    if (isResting && this.#registered) {
      this.#store.saveRest();
      this.#registered = false;
    }
    return { isResting, storedSeq, headSeq, cutSeq, watermarkMs };
  }

  /** Serves a seal, which waits for the flushes: the message for a waiting one may be lost, so the sink is told again. */
  async cut(request: CutRequest): Promise<CutReply> {
    this.#address ??= request.address;
    if (!this.#engine.open.isEmpty) this.#cut();
    else if (this.#engine.outbox.length > 0) this.#tellSink();
    const { incarnation, storedSeq, cutSeq } = this.#engine;
    return { incarnation, storedSeq, cutSeq };
  }

  async status(): Promise<ShardStatusReply> {
    const { incarnation, storedSeq, cutSeq, headSeq, watermarkMs, outbox, rememberedIds } = this.#engine;
    const { tailEvents, pendingEvents } = this.#engine.live({ startMs: 0, endMs: Number.MAX_SAFE_INTEGER });
    return {
      incarnation,
      storedSeq,
      cutSeq,
      headSeq,
      watermarkMs,
      tailEvents,
      pendingEvents,
      waitingFlushes: outbox.length,
      oldestFlushAttempts: this.#attempts,
      oldestFlushAgeMs: this.#admission.oldestFlushAgeMs(Date.now()),
      logSizeBytes: this.#store.logSizeBytes,
      rememberedIds,
      rowsWritten: this.#store.rowsWritten,
    };
  }

  async wipe(): Promise<void> {
    this.#isWiped = true;
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    const hasWaited = this.#engine.outbox.length > 0;
    try {
      if (this.#flushDueMs() <= Date.now()) this.#cut();
    } catch (cause) {
      logError('shard.alarm.cut', cause, { address: this.#address });
    }
    try {
      // A flush that was cut just now has its message.
      if (hasWaited) {
        this.#reminders++;
        await this.#remind();
      }
    } catch (cause) {
      logError('shard.alarm.remind', cause, { address: this.#address });
    }
    await this.#arm();
  }

  /** Writes the waiting requests, a row at a time, until none waits. Never rejects: a failure rejects its waiters. */
  async #drain(): Promise<void> {
    this.#draining = true;
    let group: Waiter[] = [];
    try {
      await this.#register();
      while (this.#waiting.count > 0) {
        if (this.#isWiped) throw new Error('the shard was wiped: its tenant is deleted');
        const doubtful = this.#epochs.doubtful(this.#waiting.waiters);
        if (doubtful !== undefined && this.#address !== null) {
          await this.#epochs.settle(this.#directoryOf(this.#address.uid), doubtful, Date.now());
          continue;
        }
        group = this.#refuseStale(this.#waiting.takeGroup());
        this.#commit(group);
        await this.ctx.storage.sync();
        await this.#gathering.gather(group.length);
      }
      // Not awaited: a request that arrived during the await would find a drain that no longer looks.
      this.ctx.waitUntil(this.#arm());
    } catch (cause) {
      for (const waiter of [...group, ...this.#waiting.takeAll()]) waiter.reject(cause);
    } finally {
      this.#draining = false;
    }
  }

  /** Refuses the requests whose events a published epoch owns, and returns the others. */
  #refuseStale(group: readonly Waiter[]): Waiter[] {
    return group.filter((waiter) => {
      if (this.#epochs.ownership(waiter) === 'ours') return true;
      waiter.resolve({ status: 'stale-map' });
      return false;
    });
  }

  #commit(group: readonly Waiter[]): void {
    if (group.length === 0) return;
    const dispositions: Uint8Array[] = [];
    for (const { blocks, events, sizeBytes } of rowsOf(group.flatMap((waiter) => waiter.blocks))) {
      if (!this.#engine.open.hasRoomFor(events, sizeBytes)) this.#cut();
      this.#mutate(() => {
        this.ctx.storage.transactionSync(() => {
          const plan = this.#engine.plan(blocks);
          this.#engine.apply(this.#store.appendRow(plan));
          dispositions.push(...plan.dispositions);
        });
      });
    }
    let next = 0;
    for (const waiter of group) {
      this.#epochs.noteRouting(waiter.routingAtMsMax);
      const own = dispositions.slice(next, next + waiter.blocks.length);
      next += waiter.blocks.length;
      waiter.resolve({ status: 'stored', dispositions: own });
    }
    if (this.#engine.open.isFull) this.#cut();
  }

  /** Closes the open flush, writes its outbox row and tells the sink. */
  #cut(): void {
    const { open } = this.#engine;
    if (open.isEmpty) return;
    const nowMs = Date.now();
    this.#mutate(() => {
      this.ctx.storage.transactionSync(() => {
        this.#store.saveCut({
          seqFrom: open.seqFrom,
          seqTo: open.seqTo,
          cutAtMs: nowMs,
          run: open.dedupeRun(),
          generation: this.#engine.idGenerationOf(open.receivedAtMsMax),
          oldestDay: oldestRememberedDay(nowMs),
          idHorizonMs: this.#engine.idHorizonMs,
        });
      });
      this.#engine.cut();
      this.#engine.forgetBefore(nowMs);
    });
    this.#mergeIds();
    this.#tellSink();
    this.ctx.waitUntil(this.#arm());
  }

  /** Merges recent ids into sorted runs once there are many. */
  #mergeIds(): void {
    const merges = this.#engine.planMerge();
    if (merges.length === 0) return;
    this.#mutate(() => {
      this.ctx.storage.transactionSync(() => this.#store.saveMerge(merges));
      this.#engine.applyMerge(merges);
    });
  }

  /** Runs a change of storage and memory together; a throw in the middle ends this instance (CORRECTNESS D1). */
  #mutate(change: () => void): void {
    try {
      change();
    } catch (cause) {
      logError('shard.mutate', cause, { address: this.#address });
      this.ctx.abort(`aborted to drop half a change: ${String(cause)}`);
      throw cause;
    }
  }

  /** Sends the message without waiting for it; where that fails, the alarm reminds again. */
  #tellSink(): void {
    this.ctx.waitUntil(this.#remind().catch(() => {}));
  }

  async #remind(): Promise<void> {
    if (this.#address !== null) await this.env.FLUSH_QUEUE.send({ address: this.#address });
  }

  /** Makes the shard durably known to the directory before its first ack (CORRECTNESS D6). */
  async #register(): Promise<void> {
    if (this.#registered || this.#address === null) return;
    const { uid, region, index } = this.#address;
    const { incarnation } = this.#engine;
    const shard = { region, index, incarnation, registeredAtMs: Date.now() };
    const { watermarkMs = null, ...map } = await this.#directoryOf(uid).register(shard);
    this.#epochs.learn(map);
    this.#advanceTo(this.#engine.advanceTo(watermarkMs));
    this.#store.saveRegistration(this.#address);
    this.#registered = true;
  }

  #advanceWhenIdle(): void {
    if (this.#waiting.count === 0) this.#advanceTo(this.#engine.idleAdvance(Date.now()));
  }

  #advanceTo(watermarkMs: number | null): void {
    if (watermarkMs === null) return;
    this.#mutate(() => {
      this.#store.saveWatermark(watermarkMs);
      this.#engine.applyIdle(watermarkMs);
    });
  }

  #askForSplit(): void {
    if (this.#address === null) return;
    const sent = this.env.FLUSH_QUEUE.send({ address: this.#address, isHot: true });
    this.ctx.waitUntil(sent.catch(() => {})); // the shard asks again while it is hot
  }

  #flushDueMs(): number {
    const { open, outbox } = this.#engine;
    return outbox.length >= WAITING_FLUSHES_OLD ? Number.POSITIVE_INFINITY : open.dueMs;
  }

  /** Moves the alarm to an earlier time when it is due earlier; never otherwise, because each move writes a row. */
  async #arm(): Promise<void> {
    if (this.#isWiped) return;
    const remindAfterMs = Math.min(REMIND_AFTER_MS * 2 ** this.#reminders, REMIND_AFTER_MS_MAX);
    const remindMs = this.#engine.outbox.length > 0 ? Date.now() + remindAfterMs : Number.POSITIVE_INFINITY;
    const dueMs = Math.min(this.#flushDueMs(), remindMs);
    if (dueMs === Number.POSITIVE_INFINITY) return;
    if (this.#alarmAtMs !== null && this.#alarmAtMs <= dueMs) return;
    this.#alarmAtMs = dueMs;
    await this.ctx.storage.setAlarm(dueMs);
  }

  #restore(meta: ShardMeta): Engine {
    const engine = new Engine(meta, (day) => this.#store.readRuns(day));
    const oldestDay = oldestRememberedDay(Date.now());
    engine.restoreIdHorizon(this.#store.idHorizonMs());
    for (const day of this.#store.mergedDays(oldestDay)) engine.restoreIdsOfDay(day);
    engine.restoreIds(this.#store.flushRuns(oldestDay));
    const cuts = new Set(this.#store.outbox().map((row) => row.seqTo));
    for (const row of this.#store.replay(meta.storedSeq)) {
      engine.replay(row);
      for (const block of row.blocks) this.#epochs.noteRouting(block.routingAtMsMax);
      if (cuts.has(engine.headSeq)) engine.cut();
    }
    return engine;
  }
}
