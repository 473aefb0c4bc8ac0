import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../../src/cli/kit/client.ts';
import { FakeServer } from '../support/fake-server.ts';

let server: FakeServer;
beforeAll(async () => {
  server = await FakeServer.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.calls.length = 0;
  server.answers['GET /x'] = { fine: true };
  server.answers['POST /x'] = { fine: true };
});

const newClient = (waits: number[] = []) =>
  new Client({ url: server.url, key: 'k', backoffMs: 1, triesMax: 4, onRetry: (_, waitMs) => void waits.push(waitMs) });

function failFirst(count: number, reply: { status: number; headers?: Record<string, string> } | 'drop'): void {
  let left = count;
  server.fault = () =>
    left-- > 0 ? (reply === 'drop' ? 'drop' : { ...reply, body: { code: 'x', detail: 'y' } }) : undefined;
}

describe('the client', () => {
  it.each([429, 503, 502, 504])('repeats a call answered with %d', async (status) => {
    failFirst(2, { status });
    expect(await newClient().get('/x')).toEqual({ fine: true });
    expect(server.calls).toHaveLength(3);
  });

  it('waits as long as Retry-After says', async () => {
    failFirst(1, { status: 429, headers: { 'retry-after': '0.05' } });
    const waits: number[] = [];
    await newClient(waits).get('/x');
    expect(waits).toEqual([50]);
  });

  it('gives up after so many tries, with the last reason', async () => {
    failFirst(99, { status: 503 });
    await expect(newClient().get('/x')).rejects.toThrow('503 x: y');
    expect(server.calls).toHaveLength(4);
  });

  it.each([400, 401, 403, 404, 409, 500])('does not repeat a call answered with %d', async (status) => {
    failFirst(1, { status });
    await expect(newClient().get('/x')).rejects.toThrow(String(status));
    expect(server.calls).toHaveLength(1);
  });

  it('repeats after a lost answer only what is idempotent', async () => {
    failFirst(1, 'drop');
    expect(await newClient().post('/x', {})).toEqual({ fine: true });
    failFirst(1, 'drop');
    await expect(newClient().post('/x', {}, { repeat: 'unsent' })).rejects.toThrow('does not answer');
  });

  it('says what to do when no server answers', async () => {
    const client = new Client({ url: 'http://127.0.0.1:1', backoffMs: 1, triesMax: 2 });
    await expect(client.get('/x')).rejects.toMatchObject({ hint: expect.stringContaining('npm start') });
  });
});
