// Platform: watches a simulated world and refuses what the real platform would refuse. It counts calls, statements, bytes and
// CPU time of every invocation, as of full scale.

import { D1Rows } from '../../bench/cost/d1-rows.ts';
import type { Product } from '../../sim/product/product-loader.ts';
import type { Isolate } from '../../sim/world/isolate.ts';
import type { SimObject } from '../../sim/world/objects.ts';
import type { SimQueue } from '../../sim/world/queue.ts';
import { watchObjects } from '../../sim/world/watch-objects.ts';
import type { World } from '../../sim/world/world.ts';
import type { Deployment } from './deployment.ts';
import { Invocation } from './invocation.ts';
import { Usages } from './limits.ts';
import { Owners } from './owners.ts';
import { Rates } from './rates.ts';
import { parameterSize, rowsSize, sizeOf } from './sizes.ts';

export interface Totals {
  d1Calls: number;
  d1Statements: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  r2Reads: number;
  r2Writes: number;
  rpcCalls: number;
  messages: number;
}

export interface PlatformOptions {
  readonly product: Product;
  readonly deployment: Deployment;
  /** N of the scale 1/N: bytes and CPU time of rows count N times. */
  readonly scale: number;
}

/** Operations that share isolates, and whose invocations have few calls. */
const SHARED = 'collect';

export class Platform {
  readonly usages: Usages;
  readonly totals: Totals = {
    d1Calls: 0,
    d1Statements: 0,
    d1RowsRead: 0,
    d1RowsWritten: 0,
    r2Reads: 0,
    r2Writes: 0,
    rpcCalls: 0,
    messages: 0,
  };
  /** Called when an invocation has ended. */
  onEnded: (invocation: Invocation) => void = () => {};
  readonly #world: World;
  readonly #options: PlatformOptions;
  readonly #rates = new Rates();
  readonly #owners = new Owners();

  constructor(world: World, options: PlatformOptions) {
    this.#world = world;
    this.#options = options;
    this.usages = new Usages(options.deployment);
    this.#owners.watch(world);
    this.#watchInvocations();
    this.#watchNetwork();
    this.#watchDatabase();
    watchObjects(this.#world, (object) => this.#watchObject(object));
    for (const queue of [world.flushQueue, world.sealQueue]) this.#watchQueue(queue);
    // The isolates of the world have bindings from before.
    for (const isolate of [...world.isolates]) world.killIsolate(isolate);
  }

  /** Stops watching the database, which outlives the world. */
  stop(): void {
    Reflect.deleteProperty(this.#world.database, 'batch');
  }

  #watchInvocations(): void {
    const world = this.#world;
    const shared = world.invoke.bind(world);
    world.invoke = async (operation, work) => {
      if (operation === SHARED) return shared(operation, work);
      const invocation = new Invocation(operation, this.#options.product, world);
      this.#owners.take(invocation);
      try {
        return await (invocation as Isolate).run(work);
      } finally {
        invocation.isAlive = false;
        this.#ended(invocation);
      }
    };
  }

  #ended(invocation: Invocation): void {
    const { operation, subrequests, cpuMs, startedAtMs, heldBytesMax } = invocation;
    const { scale } = this.#options;
    this.usages.note('Worker: subrequests of an invocation', subrequests, operation);
    this.usages.note('Worker: CPU time of an invocation', cpuMs * scale, operation);
    this.usages.note('Worker: memory', heldBytesMax, operation);
    if (!operation.startsWith('query')) {
      const wallMs = this.#world.nowMs - startedAtMs + cpuMs * scale;
      this.usages.note('Worker: wall time of a batch or cron', wallMs, operation);
    }
    this.onEnded(invocation);
  }

  #watchNetwork(): void {
    const { network } = this.#world;
    const call = network.call.bind(network);
    network.call = async (request, effect) => {
      const { caller, site, detail } = request;
      const invocation = caller instanceof Invocation ? caller : null;
      if (invocation !== null) {
        this.#countCall(invocation, site, detail);
        invocation.begins();
      }
      if (site.startsWith('queue ')) this.#countMessages(site, Number(detail.slice(1)));
      let bytes = 0;
      try {
        const reply = await call(request, effect);
        bytes = this.#replyBytes(site, reply, invocation);
        return reply;
      } finally {
        invocation?.ends(bytes);
        this.#owners.take(invocation);
      }
    };
  }

  #countCall(invocation: Invocation, site: string, detail: string): void {
    const { operation } = invocation;
    invocation.subrequests++;
    // The detail of a call of D1 begins with the number of its statements.
    if (site === 'd1') invocation.statements += Number.parseInt(detail, 10);
    this.usages.must('Worker: subrequests of an invocation', invocation.subrequests, operation);
    this.usages.must('D1: statements of an invocation', invocation.statements, operation);
  }

  #countMessages(site: string, count: number): void {
    this.totals.messages += count;
    const rate = this.#rates.count(site, this.#world.nowMs, count);
    this.usages.note('Queue: messages a second', rate, site);
  }

  #replyBytes(site: string, reply: unknown, invocation: Invocation | null): number {
    const { scale } = this.#options;
    if (site === 'd1') {
      const results = reply as { results: readonly unknown[] }[];
      const bytes = results.reduce((sum, { results }) => sum + rowsSize(results, scale), 0);
      if (invocation !== null) invocation.bytes.d1 += bytes;
      return bytes;
    }
    if (site === 'r2 get') {
      const { length = 0 } = ((reply as R2ObjectBody | null)?.range ?? {}) as { length?: number };
      this.totals.r2Reads++;
      if (invocation !== null) invocation.bytes.r2 += length * scale;
      return length * scale;
    }
    if (site.startsWith('r2 ')) {
      if (site === 'r2 head') this.totals.r2Reads++;
      else this.totals.r2Writes++;
      if (site === 'r2 put' && invocation !== null)
        invocation.bytes.r2Written += ((reply as R2Object | null)?.size ?? 0) * scale;
      return 0;
    }
    if (site.startsWith('queue ')) return 0;
    const bytes = sizeOf(reply) * scale;
    this.totals.rpcCalls++;
    this.usages.must('RPC: size of a call or reply', bytes, site);
    if (invocation !== null) invocation.bytes.rpc += bytes;
    return bytes;
  }

  #watchDatabase(): void {
    const { database } = this.#world;
    const rows = new D1Rows(database);
    const batch = database.batch.bind(database);
    const { scale } = this.#options;
    database.batch = async (statements) => {
      const kinds = statements.map(({ sql }) => tableOf(sql)).join(' ');
      this.totals.d1Calls++;
      this.totals.d1Statements += statements.length;
      this.usages.note('D1: calls a second', this.#rates.count('d1', this.#world.nowMs), kinds);
      for (const { sql, values } of statements) {
        this.usages.must('D1: parameters of a statement', values.length, sql);
        this.usages.must('D1: size of a statement', sql.length, sql);
        this.usages.must('D1: size of a parameter', parameterSize(sql, values, scale), sql);
      }
      const startedAtMs = performance.now();
      const results = await batch(statements);
      this.usages.must('D1: time of a statement', (performance.now() - startedAtMs) / statements.length, kinds);
      statements.forEach(({ sql, values }, i) => {
        const { results: found, meta } = results[i]!;
        this.usages.must('D1: size of a result', rowsSize(found, scale), sql);
        const { read, written } = rows.billed(sql, values, { results: found, changes: meta.changes });
        this.totals.d1RowsRead += read;
        this.totals.d1RowsWritten += written;
      });
      return results;
    };
  }

  #watchQueue(queue: SimQueue): void {
    const bindingOf = queue.binding.bind(queue);
    queue.binding = (caller) => {
      const { send, sendBatch } = bindingOf(caller);
      return {
        send: async (body) => {
          this.#checkSend(queue.name, [body]);
          await send(body);
        },
        sendBatch: async (messages) => {
          const sent = [...messages];
          this.#checkSend(
            queue.name,
            sent.map(({ body }) => body),
          );
          await sendBatch(sent);
        },
      };
    };
  }

  #checkSend(queue: string, bodies: readonly unknown[]): void {
    const sizes = bodies.map((body) => JSON.stringify(body).length);
    this.usages.must('Queue: size of a message', Math.max(0, ...sizes), queue);
    this.usages.must('Queue: messages of a send', bodies.length, queue);
    this.usages.must(
      'Queue: size of a send',
      sizes.reduce((sum, size) => sum + size, 0),
      queue,
    );
  }

  #watchObject(object: SimObject): void {
    const { scale } = this.#options;
    const deliver = object.deliver.bind(object);
    object.deliver = async (method, args) => {
      const rate = this.#rates.count(object.name, this.#world.nowMs);
      this.usages.note('Object: calls a second', rate, object.name);
      this.usages.must('RPC: size of a call or reply', sizeOf(args) * scale, `${method} ${object.name}`);
      return deliver(method, args);
    };
    const { storage } = object;
    const handleOf = storage.handle.bind(storage);
    storage.handle = (isCurrent) => {
      const handle = handleOf(isCurrent);
      const { exec } = handle.sql;
      handle.sql.exec = (sql, ...values) => {
        this.usages.must('Object: parameters of a statement', values.length, sql);
        this.usages.must('Object: size of a statement', sql.length, sql);
        const longest = values.reduce<number>((most, value) => Math.max(most, sizeOf(value)), 0);
        this.usages.must('Object: size of a value', longest * scale, `${object.name}: ${sql}`);
        return exec.call(handle.sql, sql, ...values);
      };
      return handle;
    };
  }
}

const tables = new Map<string, string>();

/** The table that a statement names first; an empty text when it names none. */
function tableOf(sql: string): string {
  let table = tables.get(sql);
  if (table === undefined) {
    table = /\b(?:INTO|UPDATE|FROM)\s+(\w+)/.exec(sql)?.[1] ?? '';
    tables.set(sql, table);
  }
  return table;
}
