// The client over the real app, and over a server that fails as told.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Components, createClient, TidemarkProblem } from '../../src/client/client.ts';
import { fakeApp } from '../support/fake-services.ts';

const URL_OF_SERVER = 'https://stats.example.com';

/** A client of a server that gives these answers, one a call; an Error is thrown as the network does. */
function scripted(answers: readonly (Response | Error)[], options: { triesMax?: number } = {}) {
  const requests: Request[] = [];
  const waits: number[] = [];
  const client = createClient({
    url: `${URL_OF_SERVER}/base/`,
    key: () => 'tm_read_x',
    fetch: async (request) => {
      requests.push(request);
      const answer = answers[requests.length - 1] ?? new Error('no more answers');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onRetry: (_, waitMs) => waits.push(waitMs),
    ...options,
  });
  return { client, requests, waits };
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json({ type: `/docs/errors#${code}`, status, code, detail: 'Because.', path: '/x' }, status, headers);
const now = { 'retry-after': '0' };

describe('a call', () => {
  it('reaches the app with its parameters and body, and gives the answer', async () => {
    const { app, createTenant } = fakeApp();
    const { keys } = await createTenant('acme');
    const client = createClient({ url: 'http://x', key: keys.admin, fetch: async (request) => app.fetch(request) });
    const answer = await client.post('/v1/query', { body: { measure: 'count', last: '7 days' } });
    expectTypeOf(answer).toEqualTypeOf<Components['Answer']>();
    expect(answer.series[0]!.total).toBe(0);
    const { entries } = await client.get('/v1/catalog', { query: { kind: 'column', prefix: 'utm_s' } });
    expect(entries.map(({ name }) => name)).toEqual(['utm_source']);
    const cohort = await client.post('/v1/cohorts', {
      body: { name: 'Buyers', who: { events: ['Bought'], days: 30 }, allowUnknown: true },
    });
    expect(await client.get('/v1/cohorts/{id}', { path: { id: cohort.id } })).toEqual(cohort);
    expect(await client.delete('/v1/cohorts/{id}', { path: { id: cohort.id } })).toEqual({
      deleted: { id: cohort.id },
    });
    const docs = await client.get('/docs/errors');
    expect(await docs.text()).toContain('property-unknown');
  });

  it('is answered in the shape in which it is asked', async () => {
    const { app, createTenant } = fakeApp();
    const { keys } = await createTenant('acme');
    const client = createClient({ url: 'http://x', key: keys.read, fetch: async (request) => app.fetch(request) });
    const question = { measure: 'count', last: '7 days' } as const;
    const list = await client.post('/v1/query', { body: { queries: [question, question] } });
    expectTypeOf(list.answers).toEqualTypeOf<readonly Components['Answer'][]>();
    expect(list.answers).toHaveLength(2);
    const named = await client.post('/v1/query', { body: { queries: { a: question }, formulas: { twice: 'a * 2' } } });
    expectTypeOf(named.answers.a).toEqualTypeOf<Components['Answer']>();
    expect(named.formulas.twice.series[0]!.total).toBe(0);
    const raw = await client.get('/v1/whoami', { raw: true });
    expectTypeOf(raw).toEqualTypeOf<Response>();
    expect(raw.status).toBe(200);
  });

  it('writes its parameters into the address', async () => {
    const { client, requests } = scripted([json({}), json({})]);
    await client.get('/v1/people/{id}', { path: { id: 'a/b c' } });
    await client.get('/v1/catalog', { query: { prefix: 'ä&', limit: undefined as never }, headers: { 'x-a': '1' } });
    expect(requests.map(({ url }) => url)).toEqual([
      `${URL_OF_SERVER}/base/v1/people/a%2Fb%20c`,
      `${URL_OF_SERVER}/base/v1/catalog?prefix=%C3%A4%26`,
    ]);
    expect(requests[1]!.headers.get('authorization')).toBe('Bearer tm_read_x');
    expect(requests[1]!.headers.get('x-a')).toBe('1');
  });

  it('does not compile with a wrong path, parameter or body', () => {
    const { client } = scripted([]);
    const never = () => {
      // @ts-expect-error: no such path
      client.get('/v1/nothing');
      // @ts-expect-error: a parameter of the path is missing
      client.get('/v1/cohorts/{id}');
      const where = { property: 'a', op: 'is', value: 1 } as const;
      // @ts-expect-error: no such operator
      client.post('/v1/query', { body: { measure: 'count', last: '1 day', where } });
      // @ts-expect-error: the list takes another type
      client.get('/v1/catalog', { query: { kind: 'thing' } });
    };
    expect(never).toBeTypeOf('function');
  });
});

describe('a refusal', () => {
  it('is thrown with what the document says', async () => {
    const { client } = scripted([problem(400, 'top-invalid', { 'x-request-id': 'r1' })]);
    const thrown = await client.get('/v1/whoami').catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(TidemarkProblem);
    expect(thrown).toMatchObject({ status: 400, code: 'top-invalid', detail: 'Because.', path: '/x', requestId: 'r1' });
    expect((thrown as Error).message).toBe('400 top-invalid: Because.');
  });

  it('is thrown for a page of a proxy too', async () => {
    const { client } = scripted([new Response('<html>', { status: 404 })]);
    const thrown = await client.get('/v1/whoami').catch((error: unknown) => error);
    expect(thrown).toMatchObject({ status: 404, code: undefined, message: '404: the server gives no reason' });
  });
});

describe('a failure that passes', () => {
  it('is waited out as the server says, whatever the method', async () => {
    const { client, requests, waits } = scripted([problem(429, 'busy', { 'retry-after': '1' }), json({ id: 'a' })]);
    await client.post('/v1/keys', { body: { scope: 'read' } });
    expect([requests.length, waits]).toEqual([2, [1_000]]);
    expect(await requests[1]!.json()).toEqual({ scope: 'read' });
  });

  it.each([
    ['get', true],
    ['put', true],
    ['delete', true],
    ['post', false],
  ] as const)('repeats %s after an error of the network: %s', async (method, isRepeated) => {
    const { client, requests } = scripted([new TypeError('reset'), json({})]);
    const call = client[method] as (path: string, options: object) => Promise<unknown>;
    const outcome = await call('/v1/keys', method === 'get' ? {} : { body: '{}' }).then(
      () => 'answered',
      (error: Error) => error.message,
    );
    expect([outcome, requests.length]).toEqual(isRepeated ? ['answered', 2] : ['reset', 1]);
  });

  it('is repeated for questions, and for another POST when the caller says so', async () => {
    const asked = scripted([problem(502, 'internal', now), json({})]);
    await asked.client.post('/v1/query/active', { body: { last: '7 days' } as never });
    expect(asked.requests).toHaveLength(2);
    const sent = scripted([problem(504, 'internal', now), json({})]);
    await sent.client.post('/v1/events', { body: [], retry: true });
    expect(sent.requests).toHaveLength(2);
  });

  it('ends with the last refusal, and at once without retry', async () => {
    const often = scripted(
      Array.from({ length: 9 }, () => problem(503, 'not-ready', now)),
      { triesMax: 3 },
    );
    await expect(often.client.get('/v1/whoami')).rejects.toMatchObject({ code: 'not-ready' });
    expect(often.requests).toHaveLength(3);
    const once = scripted([problem(503, 'not-ready', now)]);
    await expect(once.client.get('/v1/whoami', { retry: false })).rejects.toMatchObject({ code: 'not-ready' });
    expect(once.requests).toHaveLength(1);
    const long = scripted([problem(429, 'busy', { 'retry-after': '600' })]);
    await expect(long.client.get('/v1/whoami')).rejects.toMatchObject({ retryAfterMs: 600_000 });
  });

  it('is given up with the signal of the caller', async () => {
    const { client, requests } = scripted([problem(503, 'not-ready', { 'retry-after': '60' }), json({})]);
    const signal = AbortSignal.timeout(20);
    await expect(client.get('/v1/whoami', { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(requests).toHaveLength(1);
  });
});

describe('the script of the client', () => {
  it('is small', async () => {
    const { outputFiles } = await build({
      entryPoints: [new URL('../../src/client/client.ts', import.meta.url).pathname],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    const sizeBytes = gzipSync(outputFiles[0]!.contents).length;
    expect(sizeBytes).toBeLessThan(4_096);
    console.log(`client: ${sizeBytes} B gzip`);
  });
});
