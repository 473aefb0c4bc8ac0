// A tenant in two regions, end to end on the real runtime: copies that enter in both are counted once from the seal on.

import { createExecutionContext, createMessageBatch, waitOnExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import worker, { type Env } from '../../src/index.ts';

const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef';
const DAY_MS = 86_400_000;
/** A browser of a person: questions leave bots out. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
async function call(method: string, path: string, key: string, body?: unknown, cf?: object): Promise<any> {
  const app = (exports as unknown as { default: { fetch(request: Request): Promise<Response> } }).default;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': BROWSER };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }), ...(cf && { cf }) };
  const response = await app.fetch(new Request(`http://tidemark.test${path}`, init as RequestInit));
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

async function consume(queue: string, bodies: readonly unknown[]): Promise<void> {
  const messages = bodies.map((body, i) => ({ id: `${queue}${i}`, timestamp: new Date(), attempts: 1, body }));
  const context = createExecutionContext();
  await worker.queue(createMessageBatch(queue, messages) as never, env as unknown as Env);
  await waitOnExecutionContext(context);
}

it('takes each request in the nearest region, and counts copies from two of them once when the day is sealed', async () => {
  const regions = ['weur', 'enam'];
  const { tenant, keys } = await call('POST', '/v1/tenants', ROOT_KEY, { id: 'wide', name: 'Wide', regions });
  const day = Math.floor(Date.now() / DAY_MS) - 1;
  const timestamp = new Date(day * DAY_MS + DAY_MS / 2).toISOString();
  const event = (n: number) => ({ id: `e${n}`, event: 'x', anonymousId: `a${n % 7}`, timestamp });
  const events = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => event(from + i));

  const send = (batch: unknown, cf: object) => call('POST', '/v1/events', keys.write, batch, cf);
  expect(await send(events(0, 30), { continent: 'EU' })).toMatchObject({ accepted: 30 });
  expect(await send(events(0, 30), { continent: 'EU' })).toMatchObject({ duplicate: 30 });
  // Ten of the events are sent again from across the ocean.
  expect(await send(events(20, 50), { continent: 'NA' })).toMatchObject({ accepted: 30 });
  const { shards } = await call('GET', '/v1/status', keys.read);
  expect(
    shards.map(({ region, tailEvents }: { region: string; tailEvents: number }) => [region, tailEvents]).sort(),
  ).toEqual([
    ['enam', 30],
    ['weur', 30],
  ]);

  const from = new Date(day * DAY_MS).toISOString();
  const to = new Date((day + 1) * DAY_MS).toISOString();
  const count = async () => {
    const { series } = await call('POST', '/v1/query', keys.read, { measure: 'count', from, to });
    return series[0]?.total;
  };
  expect(await count()).toBe(60);

  // The seal asks both shards to cut, and waits until their flushes are stored.
  await consume('tidemark-seal', [{ uid: tenant.uid, day, cause: 'command' }]);
  await consume(
    'tidemark-flush',
    regions.map((region) => ({ address: { uid: tenant.uid, region, index: 0 } })),
  );
  await consume('tidemark-seal', [{ uid: tenant.uid, day, cause: 'command' }]);
  expect(await count()).toBe(50);
  const status = await call('GET', '/v1/status', keys.read);
  expect(status.drift).toMatchObject({ live: 60, sealed: 50, duplicates: 10, rest: 0 });
  expect(status.stored).toMatchObject({ events: 60, gaps: 0, failing: [] });
});
