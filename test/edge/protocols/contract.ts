// Protocol contract: the suite that every protocol runs, with the rules that hold for events of every SDK.

import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { KeyScope } from '../../../src/core/tenant/tenant.ts';
import type { Protocol } from '../../../src/edge/protocols/protocol.ts';
import type { VerdictDocument } from '../../../src/wire/ingest.ts';
import { BASE_URL, type TestApp, testApp, testTenant } from '../support/app.ts';

/** One call of a protocol that brings events, and how its SDK would make it. */
export interface SendFixture {
  readonly name: string;
  /** A valid event of this id, as the vendor writes it. */
  readonly event: (id: string) => object;
  /** An event of this id that is rejected, and the value in it that is to blame. */
  readonly badEvent: (id: string) => { readonly event: object; readonly blamed: unknown };
  /** The most events that a request may carry. */
  readonly eventsMax: number;
  /** The request of the SDK. A null key sends it without a key. */
  readonly request: (events: readonly object[], key: string | null) => Request;
  /** The same request with other bytes where the events stand. */
  readonly malformed: (content: Uint8Array<ArrayBuffer>, key: string) => Request;
  readonly isTaken: (response: Response) => Promise<boolean>;
  /** False for a vendor whose events have no id of their own, so that a retry cannot be told. Default: true. */
  readonly hasIds?: boolean;
  /** The id that is stored of an event of this id, for a vendor whose ids have several parts. Default: the id. */
  readonly storedId?: (id: string) => string;
  /** Whether the key stands in the URL, where only a browser key is taken. Default: false. */
  readonly keyIsInUrl?: boolean;
}

export interface ProtocolFixture {
  readonly protocol: Protocol;
  readonly sends: readonly SendFixture[];
  /** The code of a refusal in the vendor's form; throws when it has another form. */
  readonly refusalCode: (response: Response) => Promise<string>;
}

const PAGE = { origin: 'https://shop.example' };
const text = (content: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(content));

const MALFORMED: readonly (readonly [name: string, content: Uint8Array<ArrayBuffer>])[] = [
  ['nothing', text('')],
  ['half of an object', text('{"event":')],
  ['half of a list', text('[{},')],
  ['null', text('null')],
  ['a number', text('1e999')],
  ['a text', text('"x"')],
  ['a list of everything but events', text('[null,1,"x",[],true,{}]')],
  ['a batch that is no list', text('{"batch":{"length":3}}')],
  ['a batch of nothing sensible', text('{"batch":[null,[],{"properties":[]}],"sentAt":[],"context":null}')],
  ['a deep nest', text(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)],
  ['keys of prototypes', text('[{"__proto__":{"a":1},"constructor":{"b":2}}]')],
  ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0xfe, 0xc3, 0x28, 0x22)],
  ['NULs', new Uint8Array(100)],
  ['the beginning of gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3)],
  ['bad escapes of a form', text('%%%=%zz&data=%&=&&events=')],
];

export function describeProtocol(name: string, { protocol, sends, refusalCode }: ProtocolFixture): void {
  /** An app that speaks the protocol and keeps every verdict, even where the vendor's answer does not tell it. */
  async function start(scope: KeyScope, origins: readonly string[] = []) {
    const verdicts: VerdictDocument[] = [];
    const calls = protocol.calls.map((call) =>
      'decode' in call
        ? {
            ...call,
            answer: (taken: Parameters<typeof call.answer>[0]) => {
              verdicts.push(taken.verdict);
              return call.answer(taken);
            },
          }
        : call,
    );
    const app = await testApp(testTenant({ origins: [...origins] }), [{ ...protocol, calls }]);
    return { ...app, verdicts, writeKey: await app.key(scope) };
  }

  describe.each(sends)(`${name}, $name`, (fixture) => {
    const { hasIds = true, keyIsInUrl = false, storedId = (id: string) => id } = fixture;
    const scope = keyIsInUrl ? 'browser' : 'write';
    const goods = (count: number) => Array.from({ length: count }, (_, i) => fixture.event(`good-${i}`));
    const many = Math.min(3, fixture.eventsMax);
    const fromPage = (request: Request) =>
      new Request(request, { headers: { ...Object.fromEntries(request.headers), ...PAGE } });
    const isReadable = (response: Response) =>
      ['*', PAGE.origin].includes(response.headers.get('access-control-allow-origin') ?? '');

    it('has accounts that add up, and an answer in its own form', async () => {
      const { app, shards, verdicts, writeKey } = await start(scope);
      const response = await app.fetch(fromPage(fixture.request(goods(many), writeKey)));
      expect([response.status, await fixture.isTaken(response)]).toEqual([expect.any(Number), true]);
      expect(isReadable(response)).toBe(true);
      expect(verdicts).toMatchObject([{ received: many, accepted: many, duplicate: 0, quarantined: 0, rejected: 0 }]);
      if (hasIds) expect(shards.rows('id')).toEqual(Array.from({ length: many }, (_, i) => [storedId(`good-${i}`)]));
      else expect(shards.rows('id')).toHaveLength(many);
      expect(
        shards
          .rows('source')
          .flat()
          .every((source) => source?.startsWith(protocol.source)),
      ).toBe(true);
    });

    it.runIf(hasIds)('absorbs a retry', async () => {
      const { app, verdicts, writeKey } = await start(scope);
      await app.fetch(fixture.request(goods(many), writeKey));
      const again = await app.fetch(fixture.request(goods(many), writeKey));
      expect(await fixture.isTaken(again)).toBe(true);
      expect(verdicts[1]).toMatchObject({ received: many, accepted: 0, duplicate: many, rejected: 0 });
    });

    it('loses nothing beside a bad event, and points into what was sent', async () => {
      const { app, shards, verdicts, writeKey } = await start(scope);
      const { event: bad, blamed } = fixture.badEvent('bad');
      const sent = fixture.eventsMax === 1 ? [bad] : [fixture.event('good-0'), bad, fixture.event('good-1')];
      const response = await app.fetch(fixture.request(sent, writeKey));
      expect(await fixture.isTaken(response)).toBe(true);
      const accepted = sent.length - 1;
      expect(verdicts).toMatchObject([{ received: sent.length, accepted, rejected: 1 }]);
      expect(shards.rejectedTally.reduce((sum, tally) => sum + tally, 0)).toBe(1);
      const [error] = verdicts[0]?.errors ?? [];
      expect(error).toMatchObject({ index: sent.indexOf(bad), id: hasIds ? storedId('bad') : null });
      expect(error?.path).toMatch(/^\//);
      expect(valueAt(bad, error?.path ?? '')).toEqual(blamed);
    });

    const refusals: readonly (readonly [
      status: number,
      code: string,
      make: (started: TestApp & { readonly writeKey: string }) => Request | null,
    ])[] = [
      [401, 'key-missing', () => fixture.request(goods(1), null)],
      [401, 'key-malformed', () => fixture.request(goods(1), 'no-key-of-ours')],
      [413, 'body-too-large', ({ writeKey }) => oversized(fixture.request(goods(1), writeKey))],
      [415, 'content-type-unsupported', ({ writeKey }) => retyped(fixture.request(goods(1), writeKey))],
      [
        429,
        'overloaded',
        ({ shards, writeKey }) => {
          shards.answer = () => ({ status: 'overloaded', retryAfterMs: 7_000 });
          return fixture.request(goods(1), writeKey);
        },
      ],
      [
        503,
        'shard-unavailable',
        ({ shards, writeKey }) => {
          shards.answer = () => {
            throw new Error('the shard is gone');
          };
          return fixture.request(goods(1), writeKey);
        },
      ],
    ];
    it.each(refusals)('is refused in its own form: %i %s', async (status, code, make) => {
      const started = await start(scope);
      const request = make(started);
      if (request === null) return expect(fixture.request(goods(1), null).body).toBeNull();
      const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
      const response = await started.app.fetch(fromPage(request));
      expect(logged).toHaveBeenCalledTimes(status >= 500 ? 1 : 0);
      logged.mockRestore();
      expect(response.status).toBe(status);
      expect(isReadable(response)).toBe(true);
      if (status === 401) expect(response.headers.get('www-authenticate')).toContain('Bearer');
      if (status === 429) expect(response.headers.get('retry-after')).toBe('7');
      if (status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await refusalCode(response)).toBe(code);
      expect(started.verdicts).toEqual([]);
      started.shards.answer = () => undefined;
      expect(await fixture.isTaken(await started.app.fetch(fixture.request(goods(1), started.writeKey)))).toBe(true);
    });

    it('hides only one refusal from a page: that of its origin', async () => {
      const { app, writeKey } = await start(scope, ['https://other.example']);
      const response = await app.fetch(fromPage(fixture.request(goods(1), writeKey)));
      expect(response.headers.has('access-control-allow-origin')).toBe(false);
      expect([response.status, await refusalCode(response)]).toEqual([403, 'origin-not-allowed']);
    });

    it.runIf(keyIsInUrl)('takes no key of a server in its URL', async () => {
      const { app, shards, writeKey } = await start('server');
      const response = await app.fetch(fixture.request(goods(1), writeKey));
      expect([response.status, await refusalCode(response), shards.requests]).toEqual([403, 'key-scope', []]);
    });

    it('grants a preflight, and tells a wrong method the right ones', async () => {
      const { app } = await start(scope);
      const { url, method } = fixture.request(goods(1), null);
      const preflight = await app.request(url, { method: 'OPTIONS', headers: PAGE });
      expect(preflight.status).toBe(204);
      expect(isReadable(preflight)).toBe(true);
      expect(preflight.headers.get('access-control-allow-methods')).toContain(method);
      expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
      const wrong = await app.request(url, { method: 'DELETE' });
      expect(wrong.status).toBe(405);
      expect(wrong.headers.get('allow')).toContain(method);
    });

    it.each(MALFORMED)('never fails by itself: %s', async (_name, content) => {
      const { app, verdicts, writeKey } = await start(scope);
      const response = await app.fetch(fixture.malformed(content, writeKey));
      expect(response.status).toBeLessThan(500);
      // A vendor that is told so may be answered with 400 when every event was rejected.
      if (response.status >= 400 && verdicts.length === 0)
        expect(await refusalCode(response)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(await fixture.isTaken(await app.fetch(fixture.request(goods(1), writeKey)))).toBe(true);
    });
  });
}

/** The same request with a body over the limit; null for a request without a body. */
function oversized(request: Request): Request | null {
  return withBody(request, new Uint8Array(LIMITS.bodySizeBytesMax + 1), {});
}

function retyped(request: Request): Request | null {
  return withBody(request, text('{}'), { 'content-type': 'image/png' });
}

function withBody(request: Request, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>): Request | null {
  if (request.body === null) return null;
  return new Request(request.url, {
    method: request.method,
    headers: { ...Object.fromEntries(request.headers), ...headers },
    body,
  });
}

/** Returns the value at a JSON pointer (RFC 6901). */
function valueAt(value: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((at, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof at === 'object' && at !== null && Object.hasOwn(at, key)
      ? (at as Record<string, unknown>)[key]
      : undefined;
  }, value);
}

/** A request to the test app. */
export function requestTo(
  path: string,
  body: BodyInit | null,
  headers: Readonly<Record<string, string | undefined>>,
): Request {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Request(`${BASE_URL}${path}`, { method: 'POST', body, headers: given });
}
