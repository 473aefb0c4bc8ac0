// World: shards over the real engine, with the real sink, manifest and seal on fake D1 and R2, for tests that ask questions.
// It keeps every acknowledged event, so that a test can count again by hand.

import { type EventBlock, openBlock } from '../../../src/core/block/block.ts';
import { isAccepted } from '../../../src/core/block/disposition.ts';
import { settleBots } from '../../../src/core/bots/asked-bots.ts';
import type { Bots } from '../../../src/core/bots/bots.ts';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { findLinks } from '../../../src/core/people/find-links.ts';
import type { Query } from '../../../src/core/query/question/request.ts';
import { parseQuery } from '../../../src/core/query/question/request.ts';
import type { Rollup } from '../../../src/core/rollup/rollup.ts';
import { DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import { Engine } from '../../../src/core/shard/engine.ts';
import type { LiveRequest, LoggedBlock, ReadTailReply, ShardRpc } from '../../../src/core/shard/rpc.ts';
import type { ShardAddress } from '../../../src/core/shard/shard-map.ts';
import type { Tenant } from '../../../src/core/tenant/tenant.ts';
import { storeFlush } from '../../../src/lake/manifest/flushes.ts';
import { namesToKeep } from '../../../src/lake/names/keep-names.ts';
import { sealDay } from '../../../src/lake/seal/seal-day.ts';
import { SegmentCache } from '../../../src/lake/segment/segment-cache.ts';
import { execute, type QueryAnswer } from '../../../src/query/ask/execute.ts';
import { beginAsking } from '../../../src/query/view/asking.ts';
import { storeSegment } from '../../../src/sinks/lake-sink.ts';
import { firstPage, pullFlush } from '../../../src/sinks/pull.ts';
import { block, testHasher } from '../../support/events.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { fakeD1 } from '../../support/fake-d1.ts';
import { listingOf } from '../../support/fake-directory.ts';

export const UID = 'tenant-uid';

export class World {
  readonly db: D1Database;
  readonly fakeDb: ReturnType<typeof fakeD1>['fake'];
  readonly bucket = new FakeBucket();
  readonly shards: TestShard[];
  readonly rollups: readonly Rollup[];
  readonly tenant: Tenant;
  nowMs: number;
  keepsNames: boolean;
  /** Every event that was accepted. */
  readonly events: EventRecord[] = [];

  constructor(options: {
    nowMs: number;
    shardCount?: number;
    rollups?: readonly Rollup[];
    timezone?: string;
    /** The tenant's choice. Default: it has none. */
    bots?: Bots;
    /** Whether stored flushes keep their names, as those of this release do. Default: false. */
    keepsNames?: boolean;
  }) {
    const { db, fake } = fakeD1();
    this.db = db;
    this.fakeDb = fake;
    this.nowMs = options.nowMs;
    this.keepsNames = options.keepsNames ?? false;
    this.rollups = options.rollups ?? DEFAULT_ROLLUPS;
    this.shards = Array.from({ length: options.shardCount ?? 1 }, (_, index) => new TestShard(index));
    this.tenant = {
      uid: UID,
      id: 'shop',
      name: 'Shop',
      regions: ['weur'],
      timezone: options.timezone ?? 'UTC',
      ...(options.bots && { bots: options.bots }),
      hashKey: [1, 2, 3, 4],
      shardMap: [{ epoch: 0, startMs: 0, shardCount: this.shards.length }],
      rollups: this.rollups,
      origins: [],
    };
  }

  get #lake(): R2Bucket {
    return this.bucket as unknown as R2Bucket;
  }

  /** Sends one request to one shard, received now. */
  append(shard: number, records: readonly EventRecord[], rollups: readonly Rollup[] = this.rollups): void {
    const received = records.map((record) => ({ ...record, receivedAtMs: this.nowMs }));
    const accepted = this.shards[shard]!.append(block(received, { receivedAtMs: this.nowMs, rollups }));
    received.forEach((record, index) => {
      if (accepted[index]) this.events.push(record);
    });
  }

  /** Cuts and stores the shard's events. With `confirm: false` the shard goes on answering for them. */
  async store(shard: number, options: { confirm?: boolean } = {}): Promise<void> {
    const { confirm = true } = options;
    const stub = this.shards[shard]!;
    stub.engine.cut();
    for (;;) {
      const first = await firstPage(stub, stub.address);
      const pulled = first && (await pullFlush(stub, stub.address, first));
      if (pulled === null || pulled === 'gone') return;
      const { flush, columns, ...accounts } = pulled;
      const segment = await storeSegment(this.#lake, UID, flush, columns);
      const links = findLinks(columns, testHasher);
      const names = this.keepsNames ? { names: namesToKeep(this.db, UID, columns) } : {};
      await storeFlush(this.db, { uid: UID, flush, ...accounts, segment, links, ...names, nowMs: this.nowMs });
      if (!confirm) return;
      await stub.confirm({ flush });
    }
  }

  async seal(day: number, rollups: readonly Rollup[] = this.rollups): Promise<void> {
    const deps = {
      db: this.db,
      hashKey: [1, 2, 3, 4] as const,
      bucket: this.#lake,
      cache: new SegmentCache(this.#lake),
      now: () => this.nowMs,
      holder: 'test',
    };
    const result = await sealDay(deps, UID, day, rollups);
    if (result.status === 'busy') throw new Error('the day is leased');
    if (result.status === 'sealed' && result.rest !== 0) throw new Error(`unexplained drift of ${result.rest}`);
  }

  get ports() {
    return {
      db: this.db,
      lake: this.#lake,
      shardOf: (address: ShardAddress): ShardRpc => this.shards[address.index]!,
      directoryOf: listingOf(async () =>
        this.shards
          .filter(({ engine }) => engine.headSeq > 0)
          .map(({ address, engine }) => ({
            region: address.region,
            index: address.index,
            incarnation: engine.incarnation,
            registeredAtMs: 0,
          })),
      ),
      now: () => this.nowMs,
    };
  }

  parse(body: unknown): Query {
    const parsed = parseQuery(body, this.tenant.timezone);
    if (!parsed.ok) throw new Error(`${parsed.error.code}: ${parsed.error.message}`);
    return settleBots(parsed.value, this.tenant.bots);
  }

  /** `rollups: []` forces the lake. Default: the rollups of the world. */
  asking(rollups: readonly Rollup[] = this.rollups) {
    return beginAsking(this.ports, { ...this.tenant, rollups }, this.nowMs);
  }

  /** `rollups: []` forces the lake. Default: names are taken that no event has. */
  async ask(body: object, options: { rollups?: readonly Rollup[] } = {}): Promise<QueryAnswer> {
    const answered = await execute(await this.asking(options.rollups), this.parse({ allowUnknown: true, ...body }));
    if (!answered.ok) throw new Error(answered.error.code);
    return answered.value;
  }
}

/** A shard's RPC over the real engine, with its log in memory. */
export class TestShard implements ShardRpc {
  readonly address: ShardAddress;
  readonly engine: Engine;
  /** Makes every call throw. */
  isDown = false;
  /** Called before each page of the tail. */
  beforeTailPage: () => Promise<void> = async () => {};
  blocksPerPage = 100;
  readonly #log: { readonly block: EventBlock; readonly logged: LoggedBlock }[] = [];

  constructor(index: number) {
    this.address = { uid: UID, region: 'weur', index };
    this.engine = new Engine({ incarnation: `incarnation-${index}`, storedSeq: 0, watermarkMs: null });
  }

  /** Returns whether each event of the block was accepted. */
  append(bytes: Uint8Array): boolean[];
  append(request: unknown): never;
  append(bytes: Uint8Array | unknown): boolean[] {
    const opened = openBlock(bytes as Uint8Array);
    const plan = this.engine.plan([opened]);
    const [dispositions] = plan.dispositions;
    this.engine.apply({ ...plan, sizeBytes: opened.bytes.length, checksum: plan.seq });
    this.#log.push({
      block: opened,
      logged: { seq: plan.seq, block: opened.bytes, dispositions: dispositions! },
    });
    return Array.from(dispositions!, isAccepted);
  }

  async live(request: Omit<LiveRequest, 'address'>) {
    this.#check();
    return this.engine.live(request, (from, to) =>
      this.#log.slice(from, to).map(({ block, logged }) => ({ blocks: [block], dispositions: [logged.dispositions] })),
    );
  }

  async readTail({ seqFrom }: { seqFrom?: number }): Promise<ReadTailReply> {
    this.#check();
    await this.beforeTailPage();
    const { incarnation, storedSeq, watermarkMs, headSeq } = this.engine;
    const from = seqFrom ?? storedSeq;
    if (from < storedSeq) return { status: 'gone' };
    return { status: 'ok', incarnation, storedSeq, watermarkMs, ...this.#page(from, headSeq) };
  }

  /** Returns one part a page. */
  async readFlush({ seqFrom, partFrom = 0 }: { seqFrom?: number; partFrom?: number }) {
    const [oldest] = this.engine.outbox;
    if (oldest === undefined) return { status: 'stored' as const };
    const parts = oldest.parts().slice(partFrom, partFrom + 1);
    const page = this.#page(seqFrom ?? oldest.seqFrom, oldest.seqTo);
    const nextPart = partFrom + parts.length;
    return {
      status: 'ok' as const,
      flush: { incarnation: this.engine.incarnation, seqFrom: oldest.seqFrom, seqTo: oldest.seqTo },
      checksum: oldest.checksum(),
      tally: oldest.tallied(),
      corrections: oldest.correctionCount,
      rollupIds: [...(oldest.rollupIds ?? [])],
      parts,
      ...page,
      ...(nextPart < oldest.parts().length && { nextPart }),
    };
  }

  async confirm({ flush }: { flush: { seqFrom: number; seqTo: number } }): Promise<{ hasMore: boolean }> {
    this.engine.confirm(flush.seqFrom, flush.seqTo);
    return { hasMore: this.engine.outbox.length > 0 };
  }

  cut(): never {
    throw new Error('not in this test');
  }
  status(): never {
    throw new Error('not in this test');
  }
  close(): never {
    throw new Error('not in this test');
  }
  rest(): never {
    throw new Error('not in this test');
  }
  recent(): never {
    throw new Error('not in this test');
  }
  wipe(): never {
    throw new Error('not in this test');
  }

  #page(from: number, to: number) {
    const end = Math.min(to, from + this.blocksPerPage);
    return { blocks: this.#log.slice(from, end).map(({ logged }) => logged), nextSeq: end < to ? end : null };
  }

  #check(): void {
    if (this.isDown) throw new Error('the shard is down');
  }
}

export const dayOf = (atMs: number) => Math.floor(atMs / DAY_MS);
