// Imports: history that bypasses the shards, in chunks that are sent again until they are answered. Imports run beside
// live events and repeat some of them.

import { MINUTE_MS } from '../../src/core/limits.ts';
import type { SimTenant } from './clients.ts';
import { SimRequest } from './platform/http.ts';
import type { SentEvent, WireEvent } from './sent.ts';
import type { Isolate } from './world/isolate.ts';
import { Sequence } from './world/random.ts';
import type { World } from './world/world.ts';

type Routes = ReturnType<Isolate['product']['importRoutes']>;
const routesOf = new WeakMap<Isolate, Routes>();

export interface ImportOptions {
  readonly id: string;
  readonly tenant: SimTenant;
  readonly atMs: number;
  readonly chunks: number;
  readonly rowsPerChunk: number;
  /** How many rows repeat a live event; only events with the same event time in each copy are repeated. */
  readonly repeats: number;
  /** Age of half of the import's rows. */
  readonly historyMs?: number;
}

/** A row of an import, and the event that it is or repeats. */
interface ImportRow {
  readonly event: SentEvent;
  readonly wire: WireEvent;
}

export class HistoryImport {
  readonly options: ImportOptions;
  isDone = false;
  readonly #world: World;
  readonly #random: Sequence;

  constructor(world: World, options: ImportOptions) {
    this.#world = world;
    this.options = options;
    this.#random = new Sequence(world.seed, `import ${options.id}`);
  }

  start(): void {
    this.#world.scheduler.at(this.options.atMs, `import ${this.options.id}`, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { chunks, id } = this.options;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const rows = this.#rows(chunk);
      const body = rows.map(({ wire }) => JSON.stringify(wire)).join('\n');
      const headers = { 'x-import-id': id, 'x-import-chunk': String(chunk), 'content-type': 'application/x-ndjson' };
      await this.#post(`chunk ${chunk}`, 'https://edge/', headers, body);
      for (const { event } of rows) event.importAckedAtMs ??= this.#world.nowMs;
    }
    await this.#post('finish', `https://edge/${id}/finish`, {}, '');
    this.isDone = true;
  }

  #rows(chunk: number): ImportRow[] {
    const { tenant, rowsPerChunk, repeats, id } = this.options;
    const rows: ImportRow[] = [];
    const known = [...tenant.ledger.events.values()].filter(
      ({ wire, atMsMin, atMsMax }) => atMsMin === atMsMax && wire.timestamp === new Date(atMsMin).toISOString(),
    );
    for (let i = 0; i < rowsPerChunk; i++) {
      const repeated = i < repeats && known.length > 0 ? this.#random.pick(known) : null;
      const event = repeated ?? this.#newRow(`${id}-${chunk}-${i}`);
      if (rows.some((row) => row.event === event)) continue;
      event.imports++;
      rows.push({ event, wire: repeated === null ? event.wire : this.#repeatOf(repeated) });
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

  #newRow(id: string): SentEvent {
    const atMs =
      this.#world.nowMs - this.#random.below(2) * (this.options.historyMs ?? 0) - this.#random.below(20 * MINUTE_MS);
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
  async #post(step: string, url: string, headers: Record<string, string>, body: string): Promise<void> {
    const world = this.#world;
    const { tenant } = this.options;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await world.invoke(`import ${step}`, async (isolate) => {
          const init = {
            method: 'POST',
            headers: { ...headers, 'x-tenant': tenant.uid, 'content-length': String(body.length) },
            body,
          };
          return this.#routes(isolate).fetch(new SimRequest(url, init) as never);
        });
        if (response.status === 200) return;
        throw new Error(`status ${response.status}: ${await response.text()}`);
      } catch (cause) {
        world.onRefused(`import ${step}`, cause);
        await this.#wait(Math.min(2 ** attempt * 1_000, MINUTE_MS));
      }
    }
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
      routes = isolate.product.importRoutes({ auth } as never, importer);
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
