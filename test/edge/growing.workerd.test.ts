// A tenant that grows, end to end on the real runtime: the command, the start, and retries from before it.

import { env, exports } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { directoryOf } from '../../durable-objects/directory.ts';
import { growShards } from '../../src/control/shards/grow.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { ShardRpc } from '../../src/core/shard/rpc.ts';
import { shardName } from '../../src/core/shard/shard-map.ts';
import type { Env } from '../../src/index.ts';

const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef';
/** A browser of a person: questions leave bots out. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const { DB, SHARD, DIRECTORY } = env as unknown as Env;

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
async function call(method: string, path: string, key: string, body?: unknown): Promise<any> {
  const app = (exports as unknown as { default: { fetch(request: Request): Promise<Response> } }).default;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': BROWSER };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await app.fetch(new Request(`http://tidemark.test${path}`, init));
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

async function tenantOf(id: string) {
  const { tenant, keys } = await call('POST', '/v1/tenants', ROOT_KEY, { id, name: id });
  const send = (batch: unknown) => call('POST', '/v1/events', keys.write, batch);
  const indexes = async () => {
    const { shards } = await call('GET', '/v1/status', keys.read);
    return shards.map(({ index }: { index: number }) => index).sort();
  };
  const count = async () => {
    const range = { from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date(Date.now() + 1).toISOString() };
    const { series } = await call('POST', '/v1/query', keys.read, { measure: 'count', ...range });
    return series[0]?.total;
  };
  return { uid: tenant.uid as string, send, indexes, count };
}

const events = (prefix: string, timestamp = new Date().toISOString()) =>
  Array.from({ length: 40 }, (_, i) => ({ id: `${prefix}${i}`, event: 'x', anonymousId: `a${i}`, timestamp }));

afterEach(() => {
  vi.useRealTimers();
});

it('spreads a tenant by command, and finds the retries of what came before', async () => {
  const { send, indexes, count } = await tenantOf('spread');
  const before = events('before');
  expect(await send(before)).toMatchObject({ accepted: 40 });
  const { epochs } = await call('POST', '/v1/tenants/spread/shards', ROOT_KEY, { count: 4 });
  const startMs = Date.parse(epochs[1].start);
  expect(startMs - Date.now()).toBeGreaterThan(LIMITS.tenantCacheMs + LIMITS.futureClampMs);
  expect(await send(events('meanwhile'))).toMatchObject({ accepted: 40 });
  expect(await indexes()).toEqual([0]);

  vi.useFakeTimers({ toFake: ['Date'], now: startMs + 1_000 });
  expect(await send(before)).toMatchObject({ accepted: 0, duplicate: 40 });
  expect(await send(events('after'))).toMatchObject({ accepted: 40 });
  expect(await send(before)).toMatchObject({ accepted: 0, duplicate: 40 });
  expect(await indexes()).toEqual([0, 1, 2, 3]);
  expect(await count()).toBe(120);
});

it('takes events by the directory’s map while D1 and the edge still have the old one', async () => {
  const { uid, send, indexes, count } = await tenantOf('behind');
  await send(events('before'));
  const shardOf = (address: Parameters<typeof shardName>[0]) =>
    SHARD.get(SHARD.idFromName(shardName(address))) as unknown as ShardRpc;
  const deps = { db: DB, directoryOf: directoryOf(DIRECTORY), shardOf, now: Date.now };
  const map = await growShards(deps, uid, 2);
  await DB.prepare('UPDATE tenants SET shard_map = NULL WHERE uid = ?').bind(uid).run();
  vi.useFakeTimers({ toFake: ['Date'], now: (map?.[1]?.startMs ?? 0) + 1_000 });
  expect(await send(events('after'))).toMatchObject({ accepted: 40 });
  expect(await send(events('after'))).toMatchObject({ duplicate: 40 });
  expect(await indexes()).toEqual([0, 1]);
  expect(await count()).toBe(80);
});
