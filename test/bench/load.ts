// Load: a separate process that sends requests of fresh events over a fixed number of connections and reports once.
//
// The command is `node load.ts '<LoadOrder as JSON>'`; its only line of output is a LoadReport.

import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { quantile } from './quantile.ts';

export interface LoadOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly eventsPerRequest: number;
  readonly connections: number;
  readonly durationMs: number;
  /** The number of events after which the load stops early. Default: no bound. */
  readonly eventsMax?: number;
  /** Whether every event is of a new person. Default: of one of some 60,000. */
  readonly hasNewPeople?: boolean;
}

export interface LoadReport {
  readonly events: number;
  readonly requests: number;
  readonly elapsedMs: number;
  readonly eventsPerSecond: number;
  /** Events acknowledged in each second of the load. */
  readonly eventsBySecond: readonly number[];
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  /** The number of answers other than 200, by status. */
  readonly refusals: Readonly<Record<string, number>>;
}

const PATHS = [
  '/',
  '/pricing',
  '/docs',
  '/docs/start',
  '/blog',
  '/blog/edge',
  '/cart',
  '/checkout',
  '/account',
  '/help',
];
const NAMES = [
  'Product Viewed',
  'Product Added',
  'Cart Viewed',
  'Order Completed',
  'Search',
  'Signed Up',
  'Clicked',
  'Shared',
];
const AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** Makes bodies of about 520 bytes an event; only the ids differ from request to request. */
export class Bodies {
  readonly #run = randomBytes(8).toString('hex');
  readonly #count: number;
  readonly #hasNewPeople: boolean;
  #next = 0;
  #pieces: string[] = [];
  #madeAtMs = 0;

  constructor(eventsPerRequest: number, hasNewPeople = false) {
    this.#count = eventsPerRequest;
    this.#hasNewPeople = hasNewPeople;
  }

  next(): string {
    if (Date.now() - this.#madeAtMs > 1_000) this.#renew();
    const pieces = this.#pieces;
    let body = pieces[0] as string;
    for (let i = 1; i < pieces.length; i++) body += this.#id() + (pieces[i] as string);
    return body;
  }

  /** A fresh id, as long as a UUID. */
  #id(): string {
    return `${this.#run}-${(this.#next++).toString(16).padStart(19, '0')}`;
  }

  #renew(): void {
    this.#madeAtMs = Date.now();
    const mark = '\u0001';
    const events = Array.from({ length: this.#count }, (_, i) => {
      const n = this.#next + i;
      const path = PATHS[n % PATHS.length] as string;
      const isPage = n % 3 === 0;
      return {
        id: mark,
        type: isPage ? 'page' : 'track',
        event: isPage ? 'Page' : NAMES[n % NAMES.length],
        ...(this.#hasNewPeople
          ? { anonymousId: mark }
          : { userId: `user-${(n * 7919) % 50_000}`, anonymousId: `device-${(n * 104_729) % 60_000}` }),
        timestamp: new Date(this.#madeAtMs - (n % 20) * 100).toISOString(),
        properties: { value: (n % 10_000) / 100, plan: n % 4 ? 'free' : 'pro', items: n % 5, sku: `sku-${n % 500}` },
        context: {
          userAgent: AGENT,
          page: { url: `https://shop.example${path}`, path, title: 'Shop', referrer: 'https://search.example/?q=edge' },
        },
      };
    });
    this.#pieces = JSON.stringify(this.#count === 1 ? events[0] : events).split(JSON.stringify(mark).slice(1, -1));
  }
}

async function run(order: LoadOrder): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: order.connections });
  const bodies = new Bodies(order.eventsPerRequest, order.hasNewPeople);
  const acksMs: number[] = [];
  const refusals: Record<string, number> = {};
  const eventsBySecond = new Array<number>(Math.ceil(order.durationMs / 1_000)).fill(0);
  const startedAtMs = performance.now();
  let sent = 0;

  const connection = async () => {
    while (performance.now() - startedAtMs < order.durationMs && sent < (order.eventsMax ?? Number.POSITIVE_INFINITY)) {
      sent += order.eventsPerRequest;
      const sentAtMs = performance.now();
      const status = await post(agent, order, bodies.next());
      const second = Math.floor((performance.now() - startedAtMs) / 1_000);
      if (status === 200) {
        acksMs.push(performance.now() - sentAtMs);
        if (second < eventsBySecond.length) eventsBySecond[second]! += order.eventsPerRequest;
      } else refusals[status] = (refusals[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: order.connections }, connection));

  const elapsedMs = performance.now() - startedAtMs;
  agent.destroy();
  acksMs.sort((a, b) => a - b);
  const events = acksMs.length * order.eventsPerRequest;
  return {
    events,
    requests: acksMs.length,
    elapsedMs,
    eventsPerSecond: (events / elapsedMs) * 1_000,
    eventsBySecond,
    ackP50Ms: quantile(acksMs, 0.5),
    ackP99Ms: quantile(acksMs, 0.99),
    refusals,
  };
}

function post(agent: Agent, order: LoadOrder, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request(order.url, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...order.headers },
    });
    sending.on('response', (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}'))));
}
