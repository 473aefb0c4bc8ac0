// The app in the real runtime: Web Crypto, D1 and many requests at once in an isolate that knows no tenant yet.

import { exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';

const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef';
const worker = (exports as unknown as { default: Fetcher }).default;

async function call(method: string, path: string, key: string, body?: unknown) {
  const response = await worker.fetch(`https://tidemark.example${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers have many shapes
  return { status: response.status, body: (await response.json()) as any };
}

describe('the app in the runtime', () => {
  it('makes a tenant whose keys work at once, in many requests at the same time', async () => {
    const { status, body } = await call('POST', '/v1/tenants', ROOT_KEY, { id: 'acme', name: 'Acme' });
    expect(status).toBe(201);
    const answers = await Promise.all(Array.from({ length: 40 }, () => call('GET', '/v1/rollups', body.keys.read)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect((await call('GET', '/v1/rollups', body.keys.write)).body.code).toBe('key-scope');
    expect((await call('DELETE', '/v1/tenants/acme', ROOT_KEY)).status).toBe(200);
    expect((await call('GET', '/v1/rollups', body.keys.read)).body.code).toBe('tenant-deleted');
  });

  it('describes itself', async () => {
    const { status, body } = await call('GET', '/openapi.json', '');
    expect(status).toBe(200);
    expect(body.paths['/v1/tenants'].post['x-key']).toBe('root');
  });

  it('answers ready when the migrations were applied', async () => {
    expect((await call('GET', '/readyz', '')).body).toEqual({ status: 'ready' });
  });
});
