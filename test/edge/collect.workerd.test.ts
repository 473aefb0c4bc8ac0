// Stage 1 against the real shard, through the Worker's own entry.

import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';

const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef';
/** A browser of a person: questions leave bots out. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

function post(path: string, key: string, body: unknown): Promise<Response> {
  const worker = (exports as unknown as { default: { fetch(request: Request): Promise<Response> } }).default;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': BROWSER };
  const request = new Request(`http://tidemark.test${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return worker.fetch(request);
}

it('counts what was sent twice, and to two protocols, once', async () => {
  const made = await post('/v1/tenants', ROOT_KEY, { id: 'collected', name: 'Collected' });
  const { keys } = (await made.json()) as { keys: { write: string } };
  const events = Array.from({ length: 200 }, (_, i) => ({ id: `e${i}`, event: 'Clicked', anonymousId: `a${i % 9}` }));

  const first = await post('/v1/events', keys.write, [...events.slice(0, 120), {}, events[5]]);
  expect(await first.json()).toMatchObject({ received: 122, accepted: 120, duplicate: 1, rejected: 1 });
  const batch = events.map(({ id, ...event }) => ({ ...event, type: 'track', messageId: id }));
  const second = await post('/v1/batch', keys.write, { batch });
  expect(await second.json()).toMatchObject({
    success: true,
    received: 200,
    accepted: 80,
    duplicate: 120,
    rejected: 0,
  });

  const onlyBad = await post('/v1/events', keys.write, [{}, 1]);
  expect(await onlyBad.json()).toMatchObject({ received: 2, accepted: 0, rejected: 2 });
});
