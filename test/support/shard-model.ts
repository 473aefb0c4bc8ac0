// Shard model: the real engine and closing with the effects of the real shell, over a disk that survives a crash.
// A test can crash the shard before or after each effect; memory is then rebuilt from the disk alone.

import { openBlock } from '../../src/core/block/block.ts';
import { isAccepted } from '../../src/core/block/disposition.ts';
import { decodeRollupCells } from '../../src/core/rollup/cell-codec.ts';
import { Closing, type KnownEpoch } from '../../src/core/shard/closing.ts';
import { Engine, type LogRow } from '../../src/core/shard/engine.ts';
import type { AppendReply, AppendRequest, CloseReply, FlushPart } from '../../src/core/shard/rpc.ts';
import type { ShardAddress, ShardEpoch } from '../../src/core/shard/shard-map.ts';
import type { FakeDirectory } from './fake-directory.ts';

export class Crash extends Error {}

interface Disk {
  rows: LogRow[];
  cuts: number[];
  runs: { ids: Uint32Array; receivedAtMs: number }[];
  storedSeq: number;
  watermarkMs: number | null;
  routingAtMsMax: number;
  epochs: readonly KnownEpoch[];
  isRegistered: boolean;
}

interface StoredFlush {
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly parts: readonly FlushPart[];
  readonly checksum: string;
}

/** All flushes of all shards that the sinks have stored, each once. */
export class StoreModel {
  readonly flushes = new Map<string, StoredFlush>();

  put(flush: StoredFlush): void {
    const name = `${flush.incarnation}/${flush.seqFrom}`;
    const known = this.flushes.get(name);
    if (known !== undefined && known.checksum !== flush.checksum) throw new Error(`${name} is another flush now`);
    this.flushes.set(name, flush);
  }
}

export class ShardModel {
  readonly address: ShardAddress;
  readonly #directory: FakeDirectory;
  readonly #store: StoreModel;
  readonly #crashPoint: (effect: string) => void;
  readonly #disk: Disk = {
    rows: [],
    cuts: [],
    runs: [],
    storedSeq: 0,
    watermarkMs: null,
    routingAtMsMax: 0,
    epochs: [],
    isRegistered: false,
  };
  engine: Engine;
  closing: Closing;
  #watermarkMsSeen = Number.NEGATIVE_INFINITY;

  constructor(
    address: ShardAddress,
    directory: FakeDirectory,
    store: StoreModel,
    crashPoint: (effect: string) => void = () => {},
  ) {
    this.address = address;
    this.#directory = directory;
    this.#store = store;
    this.#crashPoint = crashPoint;
    [this.engine, this.closing] = this.#restored();
  }

  get #incarnation(): string {
    return `i${this.address.region}${this.address.index}`;
  }

  get routingAtMsMaxOnDisk(): number {
    return this.#disk.routingAtMsMax;
  }

  /** Appends in the shard's order: register, settle doubts, plan, write, apply, reply. */
  async append({ epoch, blocks }: Pick<AppendRequest, 'epoch' | 'blocks'>, nowMs: number): Promise<AppendReply> {
    const opened = blocks.map(openBlock);
    const routingAtMsMax = Math.max(0, ...opened.map((block) => block.routingAtMsMax));
    await this.register(nowMs);
    if (this.closing.ownership(epoch, routingAtMsMax) === 'doubtful') {
      for (const pending of this.closing.epochs.filter((known) => !known.isPublished)) {
        const state = await this.#directory.postponeSplit({ epoch: pending.epoch, beyondMs: routingAtMsMax, nowMs });
        this.#learn(this.closing.planLearn(state));
      }
    }
    const ownership = this.closing.ownership(epoch, routingAtMsMax);
    if (ownership === 'doubtful') throw new Error('still doubtful');
    if (ownership === 'stale') return { status: 'stale-map' };
    this.#crashPoint('before the row');
    const row = { ...this.engine.plan(opened), sizeBytes: 100, checksum: this.engine.headSeq };
    this.#disk.rows.push(row);
    this.#crashPoint('after the row');
    this.engine.apply(row);
    this.closing.noteRouting(routingAtMsMax);
    this.#watch();
    this.#crashPoint('before the reply');
    return { status: 'stored', dispositions: row.dispositions };
  }

  async register(nowMs: number): Promise<void> {
    if (this.#disk.isRegistered) return;
    const { region, index } = this.address;
    const state = await this.#directory.register({
      region,
      index,
      incarnation: this.#incarnation,
      registeredAtMs: nowMs,
    });
    this.#crashPoint('after the registration');
    this.#learn(this.closing.planLearn(state));
    this.#disk.isRegistered = true;
  }

  close(next: ShardEpoch): CloseReply {
    this.#crashPoint('before the close');
    const epochs = this.closing.planClose(next);
    if (epochs === null) return { status: 'seen', routingAtMsMax: this.closing.routingAtMsMax };
    this.#learn(epochs);
    this.#crashPoint('after the close');
    return { status: 'closed' };
  }

  cut(): void {
    if (this.engine.open.isEmpty) return;
    this.#crashPoint('before the cut');
    const flush = this.engine.open;
    const run = flush.dedupeRun();
    this.#disk.runs.push({
      ids: new Uint32Array(run.buffer, run.byteOffset, run.byteLength / 4),
      receivedAtMs: flush.receivedAtMsMax,
    });
    this.#disk.cuts.push(this.engine.headSeq);
    this.#crashPoint('after the cut');
    this.engine.cut();
  }

  /** Stores and confirms the oldest flush, as the sink does. */
  storeOldest(): boolean {
    const [flush] = this.engine.outbox;
    if (flush === undefined) return false;
    const { seqFrom, seqTo } = flush;
    const incarnation = this.#incarnation;
    this.#store.put({ incarnation, seqFrom, seqTo, parts: flush.parts(), checksum: flush.checksum() });
    this.#crashPoint('before the confirm');
    this.#disk.storedSeq = seqTo;
    this.#disk.watermarkMs = this.engine.watermarkMs;
    this.#disk.routingAtMsMax = this.closing.routingAtMsMax;
    this.#disk.rows = this.#disk.rows.filter(({ seq }) => seq >= seqTo);
    this.#crashPoint('after the confirm');
    this.engine.confirm(seqFrom, seqTo);
    return true;
  }

  idle(nowMs: number): void {
    const watermarkMs = this.engine.idleAdvance(nowMs);
    if (watermarkMs === null) return;
    this.#disk.watermarkMs = watermarkMs;
    this.#crashPoint('after the idle advance');
    this.engine.applyIdle(watermarkMs);
    this.#watch();
  }

  restart(): void {
    [this.engine, this.closing] = this.#restored();
    this.#watch();
  }

  /** The accepted ids: those in runs, and those of the rows since the last cut. */
  acceptedIds(): string[] {
    const ofRuns = this.#disk.runs.flatMap(({ ids }) => pairs(ids));
    const lastCut = Math.max(0, ...this.#disk.cuts);
    const ofRows = this.#disk.rows
      .filter(({ seq }) => seq >= lastCut)
      .flatMap(({ blocks, dispositions }) =>
        blocks.flatMap((block, b) => pairs(block.idHash).filter((_, row) => isAccepted(dispositions[b]![row]!))),
      );
    return [...ofRuns, ...ofRows];
  }

  #learn(epochs: readonly KnownEpoch[]): void {
    this.#disk.epochs = epochs;
    this.closing.apply(epochs);
  }

  #restored(): [Engine, Closing] {
    const disk = this.#disk;
    const { storedSeq, watermarkMs } = disk;
    const engine = new Engine({ incarnation: this.#incarnation, storedSeq, watermarkMs });
    const closing = new Closing({ epochs: disk.epochs, routingAtMsMax: disk.routingAtMsMax });
    engine.restoreIds(disk.runs.map(({ ids, receivedAtMs }) => ({ ids, day: receivedAtMs })));
    for (const row of disk.rows) {
      engine.replay(row);
      for (const block of row.blocks) closing.noteRouting(block.routingAtMsMax);
      if (disk.cuts.includes(engine.headSeq)) engine.cut();
    }
    return [engine, closing];
  }

  /** Checks that the watermark never falls, across restarts (G3). */
  #watch(): void {
    const { watermarkMs } = this.engine;
    if (watermarkMs === null) {
      if (this.#watermarkMsSeen > Number.NEGATIVE_INFINITY) throw new Error('the watermark was forgotten');
      return;
    }
    if (watermarkMs < this.#watermarkMsSeen) throw new Error(`the watermark went back to ${watermarkMs}`);
    this.#watermarkMsSeen = watermarkMs;
  }
}

/** Counts by window and tuple of one rollup, over stored flushes and the shards' live answers (CORRECTNESS A4). */
export function countsOf(store: StoreModel, shards: readonly ShardModel[], rollupId: string): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (bytes: Uint8Array) => {
    for (const [startMs, window] of decodeRollupCells(bytes).windows) {
      for (const [key, { count }] of window) {
        const name = `${startMs} ${key}`;
        counts.set(name, (counts.get(name) ?? 0) + count);
      }
    }
  };
  const storedSeqOf = new Map(shards.map(({ engine }) => [engine.incarnation, engine.storedSeq]));
  for (const { incarnation, seqTo, parts } of store.flushes.values()) {
    if (seqTo > (storedSeqOf.get(incarnation) ?? 0)) continue;
    for (const part of parts) if (part.rollupId === rollupId && part.kind === 'counts') add(part.cells);
  }
  for (const { engine } of shards)
    engine.live({ rollupId, startMs: 0, endMs: Number.MAX_SAFE_INTEGER }).cells?.forEach(add);
  return counts;
}

function pairs(words: Uint32Array): string[] {
  return Array.from({ length: words.length / 2 }, (_, i) => `${words[2 * i]}-${words[2 * i + 1]}`);
}
