// Stage 1 on its own: the collect routes with real keys, over shards that only remember ids and requests.

import { Hono } from 'hono';
import { blockColumns, openBlock } from '../../../src/core/block/block.ts';
import { ACCEPTED, DUPLICATE } from '../../../src/core/block/disposition.ts';
import type { StringColumn } from '../../../src/core/event/event.ts';
import { DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import type { AppendReply, AppendRequest, FlushMessage, ShardOf, ShardRpc } from '../../../src/core/shard/rpc.ts';
import { dayOf } from '../../../src/core/std/day.ts';
import type { KeyScope, Tenant } from '../../../src/core/tenant/tenant.ts';
import type { Protocol } from '../../../src/edge/protocols/protocol.ts';
import type { RefusalReporter } from '../../../src/edge/refusals/reporter.ts';
import { collectRoutes } from '../../../src/edge/routes.ts';
import { Authenticator } from '../../../src/http/authenticate.ts';
import { KeyRing } from '../../../src/http/keys.ts';
import { answerNotFound } from '../../../src/http/not-found.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { type FakeDirectory, fakeDirectories } from '../../support/fake-directory.ts';

export const NOW_MS = Date.UTC(2026, 2, 10, 12);
export const BASE_URL = 'http://tidemark.test';

export function testTenant(parts: Partial<Tenant> = {}): Tenant {
  return {
    uid: 'aaaaaaaaaaaaaaaa',
    id: 'shop',
    name: 'Shop',
    regions: ['weur'],
    timezone: 'UTC',
    hashKey: [1, 2, 3, 4],
    shardMap: [{ epoch: 1, startMs: 0, shardCount: 1 }],
    rollups: DEFAULT_ROLLUPS,
    origins: [],
    ...parts,
  };
}

/** A shard that stores nothing but ids; `answer` replaces its reply. */
export class FakeShards {
  readonly requests: AppendRequest[] = [];
  readonly #ids = new Map<string, Set<string>>();
  answer: (request: AppendRequest) => AppendReply | undefined = () => undefined;

  readonly of: ShardOf = (address) =>
    ({
      append: async (request: AppendRequest): Promise<AppendReply> => {
        const copy = structuredClone(request);
        this.requests.push(copy);
        return (
          this.answer(copy) ?? {
            status: 'stored',
            dispositions: copy.blocks.map((block) => this.#admit(JSON.stringify(address), block)),
          }
        );
      },
    }) as unknown as ShardRpc;

  #admit(shard: string, bytes: Uint8Array): Uint8Array {
    const ids = this.#ids.get(shard) ?? new Set<string>();
    this.#ids.set(shard, ids);
    const { eventCount, idHash } = openBlock(bytes);
    return Uint8Array.from({ length: eventCount }, (_, row) => {
      const id = idHash.subarray(2 * row, 2 * row + 2).join();
      const known = ids.has(id);
      ids.add(id);
      return known ? DUPLICATE : ACCEPTED;
    });
  }

  /** The rows that reached any shard, as records of the columns asked for. */
  rows(...columns: readonly StringColumn[]): (string | null)[][] {
    return this.requests.flatMap(({ blocks }) =>
      blocks.flatMap((bytes) => {
        const table = blockColumns(openBlock(bytes), null);
        return Array.from({ length: table.rowCount }, (_, row) =>
          columns.map((column) => table.strings[column]?.[row] ?? null),
        );
      }),
    );
  }

  /** The event times of the rows that reached any shard. */
  times(): number[] {
    return this.requests.flatMap(({ blocks }) =>
      blocks.flatMap((bytes) => [...blockColumns(openBlock(bytes), null).at]),
    );
  }

  get rejectedTally(): number[] {
    return this.requests.flatMap(({ blocks }) => blocks.map((bytes) => openBlock(bytes).rejected));
  }
}

export interface TestApp {
  readonly app: Hono;
  readonly shards: FakeShards;
  readonly directory: FakeDirectory;
  /** The messages sent to the flush queue. */
  readonly messages: readonly FlushMessage[];
  readonly keys: KeyRing;
  readonly key: (scope: KeyScope) => Promise<string>;
  readonly revoke: (key: string) => Promise<void>;
  /** The tenant that the store will return when it is loaded afresh. */
  reloaded: Tenant;
  /** Posts with the write key; `body` other than text or bytes is sent as JSON. */
  readonly send: (body: unknown, init?: SendInit) => Promise<Response>;
}
export interface SendInit {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** null sends the request without a key. */
  readonly key?: string | null;
  readonly cf?: object;
}

export async function testApp(
  tenant: Tenant = testTenant(),
  protocols?: readonly Protocol[],
  refusals?: RefusalReporter,
): Promise<TestApp> {
  let seed = 1;
  const random = (sizeBytes: number) =>
    Uint8Array.from({ length: sizeBytes }, () => {
      seed = (seed * 48271) % 2147483647;
      return seed & 255;
    });
  const keys = new KeyRing({ rootKey: 'root-key-of-the-tests-0123456789abcdef' }, random);
  const active = new Set<string>();
  const known = { tenant, activeKeyHashes: active };
  const lookup = {
    byUid: async (uid: string) => (uid === tenant.uid ? known : null),
    reload: async () => ({ ...known, tenant: state.reloaded }),
  };
  const shards = new FakeShards();
  const directoryOf = fakeDirectories();
  const messages: FlushMessage[] = [];
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  app.notFound(answerNotFound(app));
  app.route(
    '/',
    collectRoutes(
      {
        auth: new Authenticator(keys, lookup),
        tenants: lookup,
        shardOf: shards.of,
        directoryOf,
        flushQueue: { send: async (message) => messages.push(message) },
        now: () => NOW_MS,
        random,
        ...(refusals && { refusals }),
        salts: {
          read: async () =>
            new Map([
              [dayOf(NOW_MS), 'salt of today'],
              [dayOf(NOW_MS) - 1, 'salt of yesterday'],
            ]),
        },
      },
      protocols,
    ),
  );

  const key = async (scope: KeyScope) => {
    const made = await keys.make(scope, tenant.uid);
    active.add(made.hash);
    return made.key;
  };
  const writeKey = await key('write');
  const state = {
    app,
    shards,
    directory: directoryOf(tenant.uid),
    messages,
    keys,
    key,
    reloaded: tenant,
    revoke: async (revoked: string) => void active.delete((await keys.verify(revoked))?.hash ?? ''),
    send: async (body: unknown, init: SendInit = {}) => {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const sent = init.key === undefined ? writeKey : init.key;
      const request = new Request(`${BASE_URL}${init.path ?? '/v1/events'}`, {
        method: 'POST',
        body: isRaw ? (body as string) : JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          ...(sent && { authorization: `Bearer ${sent}` }),
          ...init.headers,
        },
      });
      if (init.cf) Object.defineProperty(request, 'cf', { value: init.cf });
      return app.fetch(request);
    },
  };
  return state;
}

/** The status and the code of an answer, which must be a problem. */
export async function problemOf(response: Response): Promise<[status: number, code: string]> {
  if (response.headers.get('content-type') !== 'application/problem+json') throw new Error(await response.text());
  const { status, code } = (await response.json()) as { status: number; code: string };
  if (status !== response.status) throw new Error(`the document says ${status}, the response ${response.status}`);
  return [status, code];
}
