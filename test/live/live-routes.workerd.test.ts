// The live stream through the Worker's own entry, with the real hub and shard.

import { exports } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { liveMessageSchema } from '../../src/wire/live.ts';

const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef';

function call(method: string, path: string, key: string | null, more: RequestInit = {}): Promise<Response> {
  const worker = (exports as unknown as { default: { fetch(request: Request): Promise<Response> } }).default;
  const headers = {
    ...(key && { authorization: `Bearer ${key}` }),
    'content-type': 'application/json',
    ...more.headers,
  };
  return worker.fetch(new Request(`http://tidemark.test${path}`, { ...more, method, headers }));
}

async function newTenant(id: string) {
  const made = await call('POST', '/v1/tenants', ROOT_KEY, { body: JSON.stringify({ id, name: id }) });
  const { keys } = (await made.json()) as { keys: { server: string; read: string } };
  const send = (event: object) => call('POST', '/v1/events', keys.server, { body: JSON.stringify(event) });
  return { keys, send };
}

it('streams events and refusals to a reader with a key, with the headers of every answer', async () => {
  const { keys, send } = await newTenant('streamed');
  await send({ event: 'Signed up', userId: 'ann' });
  expect((await send({ event: '' })).status).toBe(200);
  const response = await call('GET', '/v1/live', keys.read);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('event: tick\ndata: ') || !text.endsWith('\n\n')) text += (await reader.read()).value;
  const messages = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => liveMessageSchema.parse(JSON.parse(data!)));
  expect(messages[0]?.type).toBe('hello');
  expect(messages.find(({ type }) => type === 'tick')).toMatchObject({
    events: [{ event: 'Signed up' }],
    refused: [{ code: 'name-missing', pointer: '/event' }],
  });
  await reader.cancel();
});

it('lets a WebSocket in with a ticket, once', async () => {
  const { keys, send } = await newTenant('ticketed');
  const { ticket } = (await (await call('POST', '/v1/live/ticket', keys.read)).json()) as { ticket: string };
  const open = () => call('GET', `/v1/live?ticket=${ticket}`, null, { headers: { upgrade: 'websocket' } });
  const { status, webSocket } = await open();
  expect(status).toBe(101);
  const names: string[] = [];
  webSocket!.accept();
  webSocket!.addEventListener('message', ({ data }) => {
    const message = liveMessageSchema.parse(JSON.parse(data as string));
    if (message.type !== 'beat') names.push(...message.events.map(({ event }) => event));
  });
  await send({ event: 'Signed up', userId: 'ann' });
  await vi.waitFor(() => expect(names).toEqual(['Signed up']), { timeout: 8_000 });
  const again = await open();
  expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([401, 'ticket-invalid']);
  webSocket!.close();
});

it('counts the requests that were over the quota, after the answers to them', async () => {
  const { keys, send } = await newTenant('throttled');
  await call('PUT', '/v1/tenants/throttled/quota', ROOT_KEY, { body: JSON.stringify({ eventsPerMinute: 1 }) });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await send({ event: 'Signed up', userId: 'ann' })).status);
  const refused = statuses.filter((status) => status === 429).length;
  // A minute's event comes back bit by bit, and any bit of it lets the next request in.
  expect(refused).toBeGreaterThanOrEqual(2);
  const read = async () => (await call('GET', '/v1/throttled', keys.read)).json();
  await vi.waitFor(
    async () =>
      expect(await read()).toMatchObject({ requests: refused, codes: [{ code: 'quota-exceeded', kind: 'events' }] }),
    { timeout: 8_000, interval: 500 },
  );
});
