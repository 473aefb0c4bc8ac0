// Fake server: keeps the events it receives by id, and import chunks by version and number. The test injects faults.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}
type Reply = { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> };
/** The reply to a call: undefined for the usual one, 'drop' to close the connection without an answer. */
export type Fault = (call: Call) => Reply | 'drop' | undefined;

export class FakeServer {
  readonly calls: Call[] = [];
  readonly events = new Map<string, Record<string, unknown>>();
  readonly chunks = new Map<string, string>();
  /** The fingerprints of the versions of each import, and the number of the version that is finished. */
  readonly imports = new Map<string, { readonly fingerprints: string[]; finished: number }>();
  /** Answers by `METHOD /path`, which replace the usual ones. */
  readonly answers: Record<string, unknown> = {};
  fault: Fault = () => undefined;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<FakeServer> {
    const fake = new FakeServer();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  callsTo(path: string): Call[] {
    return this.calls.filter((call) => call.path === path);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const bytes = Buffer.concat(parts);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    const call = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, text };
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault === 'drop') return void request.socket.destroy();
    const { status = 200, body, headers = {} } = fault ?? this.#answer(call);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  }

  #answer(call: Call): Reply {
    const known = this.answers[`${call.method} ${call.path.split('?')[0]}`];
    if (known !== undefined) return { body: known };
    if (call.path === '/v1/events') return { body: this.#takeEvents(JSON.parse(call.text).batch) };
    if (call.path === '/v1/import') return { body: this.#takeChunk(call) };
    if (/^\/v1\/import\/[^/]+\/versions$/.test(call.path)) return this.#drawVersion(call);
    if (call.path.startsWith('/v1/import/')) return this.#importStatus(call.path);
    return {
      status: 404,
      body: { status: 404, code: 'route-not-found', title: 'Not found', detail: 'There is no such path.' },
    };
  }

  #takeEvents(batch: Record<string, unknown>[]): unknown {
    let duplicate = 0;
    for (const event of batch) {
      if (this.events.has(String(event.id))) duplicate++;
      this.events.set(String(event.id), event);
    }
    const accepted = batch.length - duplicate;
    return { received: batch.length, accepted, duplicate, quarantined: 0, rejected: 0, errors: [] };
  }

  #takeChunk({ headers, text }: Call): unknown {
    this.chunks.set(`${headers['x-import-id']}/${headers['x-import-version']}/${headers['x-import-chunk']}`, text);
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const bad = events.filter(({ event }) => event === 'Bad');
    const errors = bad.map(({ id }) => ({ index: 0, id, code: 'name-too-long', path: '/event', message: 'no' }));
    const rejected = bad.length;
    return {
      received: events.length,
      accepted: events.length - rejected,
      duplicate: 0,
      quarantined: 0,
      rejected,
      errors,
    };
  }

  #drawVersion({ path, text }: Call): Reply {
    const id = path.split('/')[3]!;
    const { fingerprint, replace } = JSON.parse(text);
    const known = this.imports.get(id) ?? { fingerprints: [], finished: 0 };
    this.imports.set(id, known);
    const same = known.fingerprints.lastIndexOf(fingerprint) + 1;
    if (same > 0 && !replace) return { body: { importId: id, version: same, isNew: false } };
    if (known.finished > 0 && !replace) {
      return { status: 409, body: { code: 'import-exists', detail: `Import ${id} is finished, from something else.` } };
    }
    return { body: { importId: id, version: known.fingerprints.push(fingerprint), isNew: true } };
  }

  #importStatus(path: string): Reply {
    const [id, step] = path.slice('/v1/import/'.length).split('/') as [string, string | undefined];
    const known = this.imports.get(id);
    const version = new URLSearchParams(step?.split('?')[1]).get('version') ?? known?.finished;
    if (known && step !== undefined) known.finished = Number(version);
    const texts = [...this.chunks].filter(([key]) => key.startsWith(`${id}/${version}/`)).map(([, text]) => text);
    if (known === undefined)
      return { status: 404, body: { code: 'import-not-found', detail: 'There is no such import.' } };
    const lines = texts.flatMap((text) => text.trim().split('\n'));
    const days = new Set(lines.map((line) => new Date(JSON.parse(line).timestamp).toISOString().slice(0, 10)));
    return { body: { days: [...days].map((day) => ({ day, rows: 1, sealed: true })) } };
  }
}
