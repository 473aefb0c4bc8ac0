// Fake services: every port of the Worker over fakes, with a clock to turn, and a client for the app they make.

import type { Hono } from 'hono';
import { createApp } from '../../src/app.ts';
import { RootRefusalTrail } from '../../src/control/audit/root-refusals.ts';
import { dailySalts } from '../../src/control/cookieless/daily-salts.ts';
import { TenantCache } from '../../src/control/tenants/tenant-cache.ts';
import { loadTenant } from '../../src/control/tenants/tenants.ts';
import type { ShardRpc } from '../../src/core/shard/rpc.ts';
import type { ShardAddress } from '../../src/core/shard/shard-map.ts';
import { Authenticator } from '../../src/http/authenticate.ts';
import { KeyRing } from '../../src/http/keys.ts';
import type { Services } from '../../src/services.ts';
import { FakeBucket } from './fake-bucket.ts';
import { fakeD1 } from './fake-d1.ts';
import { fakeDirectories } from './fake-directory.ts';
import { FakeHubs } from './fake-live.ts';

export const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef';
export const START_MS = Date.UTC(2026, 0, 15, 12);

export interface Keys {
  readonly server: string;
  readonly browser: string;
  readonly write: string;
  readonly read: string;
  readonly admin: string;
}

/** Services over fakes. Their time is `clock.nowMs`; no shard answers unless `shardOf` is given. */
export function fakeServices(overrides: Partial<Services> = {}) {
  const { db, fake } = fakeD1();
  const clock = { nowMs: START_MS };
  const now = () => clock.nowMs;
  const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
  const keys = new KeyRing({ rootKey: ROOT_KEY }, random);
  const tenants = new TenantCache((uid) => loadTenant(db, uid), now);
  const sent: unknown[] = [];
  const hubs = new FakeHubs();
  const queue = {
    send: async (message: unknown) => sent.push(message),
    sendBatch: async (messages: Iterable<{ body: unknown }>) => sent.push(...[...messages].map(({ body }) => body)),
  };
  const services: Services = {
    db,
    lake: new FakeBucket() as unknown as R2Bucket,
    shardOf: (address: ShardAddress): ShardRpc => {
      throw new Error(`no shard ${JSON.stringify(address)} in this test`);
    },
    directoryOf: fakeDirectories(),
    liveOf: hubs.of,
    flushQueue: queue,
    sealQueue: queue,
    telemetry: { write: () => {} },
    tenants,
    auth: new Authenticator(keys, tenants, new RootRefusalTrail(db, now)),
    keys,
    rootKey: ROOT_KEY,
    now,
    random,
    salts: dailySalts(db, random),
    isLocal: true,
    ...overrides,
  };
  /** A second isolate over the same database and clock, with caches of its own. */
  const otherIsolate = (): Services => {
    const otherKeys = new KeyRing({ rootKey: ROOT_KEY }, random);
    const otherTenants = new TenantCache((uid) => loadTenant(db, uid), now);
    const auth = new Authenticator(otherKeys, otherTenants, new RootRefusalTrail(db, now));
    return { ...services, keys: otherKeys, tenants: otherTenants, auth };
  };
  return { services, fake, clock, sent, hubs, otherIsolate };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, each looked at by its test
  readonly body: any;
}
export type Call = (
  method: string,
  path: string,
  options?: { key?: string; body?: unknown; headers?: Record<string, string> },
) => Promise<Answer>;

/** Calls the app as a client would; the answer's body is parsed when it is JSON. */
export function clientOf(app: Hono): Call {
  return async (method, path, { key, body, headers = {} } = {}) => {
    const response = await app.request(path, {
      method,
      headers: { ...(key && { authorization: `Bearer ${key}` }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}

/** An app over fakes with a client for it. */
export function fakeApp(overrides: Partial<Services> = {}) {
  const made = fakeServices(overrides);
  const app = createApp(made.services);
  const call = clientOf(app);
  const createTenant = async (id: string, more: Record<string, unknown> = {}): Promise<{ uid: string; keys: Keys }> => {
    const { status, body } = await call('POST', '/v1/tenants', { key: ROOT_KEY, body: { id, name: id, ...more } });
    if (status !== 201) throw new Error(`creating ${id}: ${status} ${JSON.stringify(body)}`);
    return { uid: body.tenant.uid, keys: body.keys };
  };
  return { ...made, app, call, createTenant };
}
