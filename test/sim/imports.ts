// Imports: history that bypasses the shards, in chunks that are sent again until they are answered. Imports run beside
// live events and repeat some of them.

import { DAY_MS, MINUTE_MS } from '../../src/core/limits.ts';
import type { SimTenant } from './clients.ts';
import { SimRequest } from './platform/http.ts';
import { askAndCheck } from './questions.ts';
import type { SentEvent, SentVersion, WireEvent } from './sent.ts';
import type { Isolate } from './world/isolate.ts';
import { Sequence } from './world/random.ts';
import type { World } from './world/world.ts';

interface ImportCall {
  readonly method: 'POST' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Routes = ReturnType<Isolate['product']['importRoutes']>;
const routesOf = new WeakMap<Isolate, Routes>();

/** What becomes of an import: it is sent; mended and sent again; begun and left; taken back. */
export type ImportAct = 'send' | 'replace' | 'abandon' | 'undo';

export interface ImportOptions {
  readonly id: string;
  readonly tenant: SimTenant;
  readonly atMs: number;
  readonly chunks: number;
  readonly rowsPerChunk: number;
  /** How many rows repeat an event that was sent; only events with the same event time in each copy are repeated. */
  readonly repeats: number;
  /** Age of half of the import's rows. */
  readonly historyMs?: number;
  /** Age of all rows. Default: less than twenty minutes, or `historyMs` more. */
  readonly rowsAgeMs?: number;
  /** Default: the import is sent. */
  readonly acts?: readonly ImportAct[];
  /** The longest pause before an act but the first. Default: ten minutes. */
  readonly pauseMaxMs?: number;
  /** Whether questions follow each act. Default: true. */
  readonly asks?: boolean;
}

export class HistoryImport {
  readonly options: ImportOptions;
  isDone = false;
  readonly #world: World;
  readonly #random: Sequence;
  /** The rows of the version sent last, by chunk: a mended version has most of them, with other amounts. */
  readonly #rows: SentEvent[][] = [];
  /** What the import says of events that it repeats. */
  readonly #repeats = new Map<SentEvent, WireEvent>();
  #made = 0;

  constructor(world: World, options: ImportOptions) {
    this.#world = world;
    this.options = options;
    this.#random = new Sequence(world.seed, `import ${options.id}`);
  }

  start(): void {
    this.#world.scheduler.at(this.options.atMs, `import ${this.options.id}`, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { acts = ['send'], pauseMaxMs = 10 * MINUTE_MS, asks = true } = this.options;
    for (const [number, act] of acts.entries()) {
      if (number > 0) await this.#wait(this.#random.below(pauseMaxMs));
      this.#world.reach(`import-${act}`);
      if (act === 'undo') await this.#undo();
      else await this.#send(act);
      if (asks) await this.#ask();
    }
    this.isDone = true;
  }

  /** Asks at once, and again when the days are most likely sealed anew. */
  async #ask(): Promise<void> {
    const endMs = this.#world.nowMs + DAY_MS;
    const range = { startMs: endMs - 20 * DAY_MS, endMs };
    for (const delayMs of [0, 30_000]) {
      await this.#wait(delayMs);
      for (const fromLake of [true, false]) {
        await askAndCheck(this.#world, this.options.tenant, {
          measure: 'count',
          groupBy: ['slot'],
          fromLake,
          ...range,
        });
      }
    }
  }

  async #send(act: Exclude<ImportAct, 'undo'>): Promise<void> {
    const { id, tenant, chunks } = this.options;
    const wish = JSON.stringify({ fingerprint: `${tenant.ledger.versions.length}`, replace: act !== 'send' });
    const headers = { 'content-type': 'application/json' };
    const drawn = await this.#call('draw', { method: 'POST', url: `https://edge/${id}/versions`, headers, body: wish });
    const rows = new Map<string, WireEvent>();
    const version: SentVersion = {
      importId: id,
      version: drawn.version,
      rows,
      finishSentAtMs: null,
      finishedAtMs: null,
    };
    tenant.ledger.versions.push(version);
    for (let chunk = 0; chunk < chunks; chunk++) await this.#sendChunk(version, chunk);
    if (act === 'abandon') return;
    version.finishSentAtMs = this.#world.nowMs;
    const url = `https://edge/${id}/finish?version=${version.version}&chunks=${chunks}`;
    await this.#call('finish', { method: 'POST', url, body: '' });
    version.finishedAtMs = this.#world.nowMs;
  }

  async #sendChunk({ importId, version, rows }: SentVersion, chunk: number): Promise<void> {
    const wires = this.#rowsOf(chunk).map((row) => this.#mended(this.#repeats.get(row) ?? row.wire, version));
    // A line with an id of another chunk, on another day: the first in the file stays.
    const [again] = [...rows.values()];
    if (again !== undefined && this.#random.chance(0.5)) wires.push(this.#otherDay(again));
    for (const wire of wires) if (!rows.has(wire.id)) rows.set(wire.id, wire);
    const headers = {
      'x-import-id': importId,
      'x-import-version': String(version),
      'x-import-chunk': String(chunk),
      'content-type': 'application/x-ndjson',
    };
    const body = wires.map((wire) => JSON.stringify(wire)).join('\n');
    await this.#call(`chunk ${chunk}`, { method: 'POST', url: 'https://edge/', headers, body });
  }

  /** Sends the finish of a version once. Returns the text of the answer. */
  async finish(version: number): Promise<string> {
    const { id, chunks } = this.options;
    const url = `https://edge/${id}/finish?version=${version}&chunks=${chunks}`;
    const answer = await this.#world.invoke('import finish', (isolate) =>
      this.#fetch(isolate, { method: 'POST', url }),
    );
    return answer.text();
  }

  async #undo(): Promise<void> {
    const { id, tenant } = this.options;
    const newest = Math.max(
      ...tenant.ledger.versions.filter(({ importId }) => importId === id).map(({ version }) => version),
    );
    const finishSentAtMs = this.#world.nowMs;
    const undo: SentVersion = {
      importId: id,
      version: newest + 1,
      rows: new Map(),
      finishSentAtMs,
      finishedAtMs: null,
    };
    tenant.ledger.versions.push(undo);
    await this.#call('undo', { method: 'DELETE', url: `https://edge/${id}` });
    undo.finishedAtMs = this.#world.nowMs;
    // The finish of a version that was begun before comes late, and must be refused.
    const begun = tenant.ledger.versions.filter((each) => each.importId === id && each.finishSentAtMs === null);
    for (const { version } of begun) await this.finish(version).catch(() => {});
  }

  /** The row as a version has it: each version but the first has other amounts. */
  #mended(wire: WireEvent, version: number): WireEvent {
    const { slot, amount } = wire.properties;
    return { ...wire, properties: { slot, amount: amount + version - 1 } };
  }

  #otherDay(wire: WireEvent): WireEvent {
    return { ...wire, timestamp: new Date(Date.parse(wire.timestamp!) - DAY_MS).toISOString() };
  }

  /** The rows of the version before, less one and with a new one, or all new ones. */
  #rowsOf(chunk: number): SentEvent[] {
    const before = this.#rows[chunk];
    const rows = before === undefined ? this.#firstRows(chunk) : [...before.slice(1), this.#newRow(chunk)];
    this.#rows[chunk] = rows;
    return rows;
  }

  #firstRows(chunk: number): SentEvent[] {
    const { tenant, rowsPerChunk, repeats } = this.options;
    const rows: SentEvent[] = [];
    const known = [...tenant.ledger.events.values()].filter(
      ({ wire, atMsMin, atMsMax }) =>
        wire.sentAs === undefined && atMsMin === atMsMax && wire.timestamp === new Date(atMsMin).toISOString(),
    );
    for (let i = 0; i < rowsPerChunk; i++) {
      const repeated = i < repeats && known.length > 0 ? this.#random.pick(known) : null;
      const row = repeated ?? this.#newRow(chunk);
      if (rows.includes(row) || this.#rows.some((others) => others.includes(row))) continue;
      rows.push(row);
      if (repeated !== null) this.#repeats.set(row, this.#repeatOf(row));
    }
    return rows;
  }

  /** The event as it was sent; or, when it surely counts as it was sent live, under another person and device. */
  #repeatOf({ wire, ackedAtMs }: SentEvent): WireEvent {
    if (ackedAtMs === null || !this.#random.chance(0.5)) return wire;
    this.#world.reach('import-repeats-under-another-device');
    const { anonymousId: _, ...others } = wire;
    return { ...others, userId: `crm-${wire.id}` };
  }

  #newRow(chunk: number): SentEvent {
    const id = `${this.options.id}-${chunk}-${this.#made++}`;
    const { historyMs = 0, rowsAgeMs } = this.options;
    const ageMs = rowsAgeMs ?? this.#random.below(2) * historyMs + this.#random.below(20 * MINUTE_MS);
    const atMs = this.#world.nowMs - ageMs;
    const wire: WireEvent = {
      id,
      type: 'track',
      event: 'Imported',
      userId: `user-${this.#random.below(12)}`,
      timestamp: new Date(atMs).toISOString(),
      properties: { slot: `slot-${this.#random.below(40)}`, amount: this.#random.below(500) / 100 },
    };
    return this.options.tenant.ledger.sent(wire, { min: atMs, max: atMs });
  }

  /** Sends a request again and again until it is answered. */
  async #call(step: string, call: ImportCall): Promise<{ readonly version: number }> {
    const world = this.#world;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await world.invoke(`import ${step}`, (isolate) => this.#fetch(isolate, call));
        if (response.status === 200) return (await response.json()) as { version: number };
        throw new Error(`status ${response.status}: ${await response.text()}`);
      } catch (cause) {
        world.onRefused(`import ${step}`, cause);
        await this.#wait(Math.min(2 ** attempt * 1_000, MINUTE_MS));
      }
    }
  }

  async #fetch(isolate: Isolate, { method, url, headers = {}, body = '' }: ImportCall): Promise<Response> {
    const own = { 'x-tenant': this.options.tenant.uid, 'content-length': String(body.length) };
    const request = new SimRequest(url, { method, headers: { ...headers, ...own }, body });
    return this.#routes(isolate).fetch(request as never);
  }

  /** The import routes of an isolate, made once; paths are below `/v1/import`. */
  #routes(isolate: Isolate): Routes {
    let routes = routesOf.get(isolate);
    if (routes === undefined) {
      const { db, lake, now } = isolate.ports(this.#world);
      const sealQueue = isolate.env.SEAL_QUEUE as never;
      const auth = {
        authenticate: async (headers: Headers) => {
          const known = await isolate.tenants.byUid(headers.get('x-tenant') ?? '');
          if (known === null) throw new Error('no such tenant');
          return known;
        },
      };
      const importer = isolate.product.lakeImporter({ db, lake, sealQueue, now });
      routes = isolate.product.importRoutes({ auth, now } as never, importer);
      routes.onError((error, c) => c.text(`${error}`, 500));
      routesOf.set(isolate, routes);
    }
    return routes;
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.scheduler.after(delayMs, `import ${this.options.id} waits`, resolve);
    });
  }
}
