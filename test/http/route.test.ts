// Route: a route does what its description says: the key, the input, the answer and the refusals.

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Problem, renderProblem } from '../../src/http/problem.ts';
import { type RouteAuth, route } from '../../src/http/route.ts';
import { openApiOf } from '../../src/openapi/document.ts';
import type { ProblemCode } from '../../src/wire/problem-codes.ts';
import { takeLog } from '../support/expect-log.ts';
import { fakeApp, ROOT_KEY } from '../support/fake-services.ts';

const open: RouteAuth = {
  authenticate: async () => {
    throw new Problem(401, 'key-missing', 'No key.');
  },
  authenticateRoot: async () => {},
  authenticateAdminOrRoot: async () => 'root',
  authenticateShare: async () => {
    throw new Problem(401, 'key-missing', 'No key.');
  },
};

function appOf(build: (app: Hono) => void) {
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  build(app);
  return app;
}

/** The status of a failed answer, and the messages that it logged. */
async function failed(answering: Response | Promise<Response>): Promise<{ status: number; text: string }> {
  const { status } = await answering;
  const text = takeLog('http.problem')
    .map(({ message }) => message)
    .join('\n');
  return { status, text };
}

/** An app with one route, whose handler is the function of the test. */
function answering(answer: () => unknown, errors: readonly ProblemCode[] = []) {
  const spec = { method: 'get', path: '/', summary: 'Tells', tag: 'query', key: 'none', errors } as const;
  const schema = z.object({ a: z.number(), b: z.object({ c: z.string() }).optional() });
  return appOf((app) => route(app, open, { ...spec, answer: schema }, answer as () => { a: number }));
}

describe('an answer', () => {
  it('is sent unchanged when it fits the schema of the route', async () => {
    const response = await answering(() => ({ a: 1, b: { c: 'x' } })).request('/');
    expect([response.status, await response.json()]).toEqual([200, { a: 1, b: { c: 'x' } }]);
    expect(await (await answering(() => ({ a: 1, b: undefined })).request('/')).json()).toEqual({ a: 1 });
  });

  it.each([
    ['a wrong value', { a: 'one' }, /gives an answer that breaks its schema/],
    ['a missing member', {}, /gives an answer that breaks its schema/],
    ['a member that is not described', { a: 1, d: 2 }, /gives the member \/d, which its schema lacks/],
    ['a nested member that is not described', { a: 1, b: { c: 'x', d: 2 } }, /gives the member \/b\/d/],
  ])('fails in tests when it has %s', async (_, answer, text) => {
    const logged = await failed(answering(() => answer).request('/'));
    expect(logged).toEqual({ status: 500, text: expect.stringMatching(text) });
  });
});

describe('a refusal', () => {
  it('has a code that the route names', async () => {
    const refuse = () => {
      throw new Problem(404, 'person-not-found', 'Nobody.');
    };
    expect((await answering(refuse, ['person-not-found']).request('/')).status).toBe(404);
    const logged = await failed(answering(refuse).request('/'));
    expect(logged).toEqual({ status: 500, text: expect.stringContaining('person-not-found, which it does not name') });
  });
});

describe('a call', () => {
  const build = (app: Hono) =>
    route(
      app,
      open,
      {
        method: 'post',
        path: '/:id/:part',
        summary: 'Echoes',
        tag: 'query',
        key: 'root',
        query: z.strictObject({ n: z.coerce.number().default(7) }),
        body: { schema: z.strictObject({ text: z.string() }), sizeBytesMax: 100 },
        answer: z.object({ id: z.string(), part: z.string(), n: z.number(), text: z.string() }),
        status: 201,
        example: { body: { text: 'hi' }, answer: { id: 'a', part: 'b', n: 7, text: 'hi' } },
      },
      ({ params, query, body }) => ({ ...params, ...query, ...body }),
    );
  const post = (path: string, body: string) => appOf(build).request(path, { method: 'POST', body });

  it('hands the parsed parameters, query and body to the handler', async () => {
    const response = await post('/a/b?n=3', '{"text":"x"}');
    expect([response.status, await response.json()]).toEqual([201, { id: 'a', part: 'b', n: 3, text: 'x' }]);
    expect(await (await post('/a/b', '{"text":"x"}')).json()).toMatchObject({ n: 7 });
  });

  it.each([
    ['a wrong query first', '/a/b?m=3', '{', 400, 'request-invalid'],
    ['a body that is not JSON', '/a/b', '{', 400, 'json-invalid'],
    ['a body that does not fit the schema', '/a/b', '{"text":1}', 400, 'request-invalid'],
    ['a body that is too large', '/a/b', JSON.stringify({ text: 'x'.repeat(100) }), 413, 'body-too-large'],
  ])('refuses %s', async (_, path, body, status, code) => {
    const response = await post(path, body);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it('is described in full by the document', async () => {
    const document = openApiOf(appOf(build));
    const operation = document.paths['/{id}/{part}']!.post;
    expect(operation).toMatchObject({
      'x-key': 'root',
      parameters: expect.arrayContaining([expect.objectContaining({ name: 'n', in: 'query' })]),
      requestBody: { content: { 'application/json': { example: { text: 'hi' } } } },
      responses: {
        201: { content: { 'application/json': { example: { id: 'a', part: 'b', n: 7, text: 'hi' } } } },
        400: { description: 'Refused: `json-invalid`, `request-invalid`' },
        401: { content: { 'application/problem+json': { examples: { 'key-malformed': expect.anything() } } } },
        413: { description: 'Refused: `body-too-large`' },
      },
    });
  });
});

describe('the scope of every call', () => {
  it('is the scope that the document names', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('acme');
    const { body: document } = await call('GET', '/openapi.json');
    const operations = Object.entries<Record<string, { 'x-key'?: string; tags: string[] }>>(document.paths).flatMap(
      ([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({
          method: method.toUpperCase(),
          path: path.replaceAll(/\{\w+\}/g, 'x'),
          key: operation['x-key'],
          isProtocol: operation.tags.includes('SDKs'),
        })),
    );
    expect(operations.length).toBeGreaterThan(40);
    // The wrong keys of each scope, which do not open its calls.
    const refused: Record<string, readonly string[]> = {
      write: [keys.read, keys.admin],
      server: [keys.browser, keys.read, keys.admin],
      read: [keys.server, keys.browser],
      admin: [keys.server, keys.browser, keys.read],
      'read or write': [],
      'read or server': [keys.browser],
      'read or ticket': [keys.server, keys.browser],
      'admin or root': [keys.server, keys.browser, keys.read],
      root: [keys.admin],
      share: [keys.server, keys.browser, keys.read, keys.admin],
    };
    for (const { method, path, key, isProtocol } of operations) {
      const name = `${method} ${path}`;
      if (key === undefined) {
        expect((await call(method, path)).status, name).not.toBe(401);
        continue;
      }
      const empty = { ...(method !== 'GET' && { body: '{}' }), headers: { 'content-type': 'application/json' } };
      const keyless = await call(method, path, empty);
      // A protocol has its own place for the key and its own form of a refusal: its contract suite looks at those.
      expect(keyless.status, name).toBe(401);
      if (isProtocol) continue;
      expect(keyless.body.code, name).toBe('key-missing');
      for (const wrong of refused[key]!) {
        const answer = await call(method, path, { ...empty, key: wrong });
        expect([answer.status, answer.body.code], name).toEqual([403, key === 'root' ? 'key-root' : 'key-scope']);
      }
      if (key === 'root') expect((await call(method, path, { ...empty, key: ROOT_KEY })).status, name).not.toBe(403);
    }
  });
});
