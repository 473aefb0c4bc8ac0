import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { Problem, parseJson, renderProblem, unavailable } from '../../src/http/problem.ts';
import { expectLog } from '../support/expect-log.ts';

function answerTo(thrown: unknown): Promise<Response> {
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  app.get('/', () => {
    throw thrown;
  });
  return Promise.resolve(app.request('/'));
}

describe('a problem', () => {
  it('travels as RFC 9457 with its code, headers and further members', async () => {
    const thrown = new Problem(429, 'overloaded', 'Too much.', {
      headers: { 'retry-after': '3' },
      extra: { limit: 5 },
    });
    const answer = await answerTo(thrown);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('3');
    expect(await answer.json()).toEqual({
      type: '/docs/errors#overloaded',
      title: 'Too many requests',
      status: 429,
      code: 'overloaded',
      detail: 'Too much.',
      limit: 5,
    });
  });

  it('names the scheme with 401', async () => {
    const answer = await answerTo(new Problem(401, 'key-missing', 'No key.'));
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  it('reveals nothing about an unexpected error, which is logged', async () => {
    const answer = await answerTo(new Error('secret: SELECT * FROM keys'));
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(JSON.parse(text).code).toBe('internal');
    expect(text).not.toContain('secret');
    expectLog('http.problem', { message: 'Error: secret: SELECT * FROM keys', status: 500, method: 'GET', path: '/' });
  });

  it('is logged with its route and not with its path, which may hold the id of a person', async () => {
    const app = new Hono();
    app.onError((error, c) => renderProblem(c, error));
    app.get('/v1/people/:id/events', () => {
      throw new Error('gone');
    });
    await app.request('/v1/people/ann@example.com/events?cursor=1');
    expectLog('http.problem', { path: '/v1/people/:id/events' });
  });

  it('tells the id under which a failure is logged, and none with a refusal', async () => {
    const answer = await answerTo(unavailable('not-ready', 'Not ready.', new Error('gone')));
    expectLog('http.problem', { requestId: answer.headers.get('x-request-id'), cause: { cause: { message: 'gone' } } });
    const refused = await answerTo(new Problem(404, 'tenant-not-found', 'No tenant.'));
    expect(refused.headers.has('x-request-id')).toBe(false);
  });
});

describe('a JSON body', () => {
  const schema = z.strictObject({ list: z.array(z.strictObject({ 'a/b': z.number() })) });
  const parse = (body: BodyInit, limitBytes = 1_000) =>
    parseJson(new Request('http://x/', { method: 'POST', body }), schema, limitBytes);

  it('is parsed by its schema', async () => {
    expect(await parse('{"list":[{"a/b":1}]}')).toEqual({ list: [{ 'a/b': 1 }] });
  });

  it('is refused with the path of the wrong value', async () => {
    await expect(parse('{"list":[{"a/b":1},{"a/b":"x"}]}')).rejects.toMatchObject({
      status: 400,
      code: 'request-invalid',
      extra: { path: '/list/1/a~1b' },
    });
  });

  it.each(['', '{', 'undefined', '{"list":[]}x'])('is refused when it is not JSON: %j', async (body) => {
    await expect(parse(body)).rejects.toMatchObject({ status: 400, code: 'json-invalid' });
  });

  it('is refused over the limit, with or without an announced length', async () => {
    const tooLarge = { status: 413, code: 'body-too-large' };
    await expect(parse('x'.repeat(101), 100)).rejects.toMatchObject(tooLarge);
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(60));
      },
    });
    const request = new Request('http://x/', { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
    await expect(parseJson(request, schema, 100)).rejects.toMatchObject(tooLarge);
    expect(await parse(`{"list":[]}${' '.repeat(89)}`, 100)).toEqual({ list: [] });
  });

  it('keeps characters whole that are split between two chunks', async () => {
    const bytes = new TextEncoder().encode('"ä€😀"');
    const stream = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const request = new Request('http://x/', { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
    expect(await parseJson(request, z.string(), 100)).toBe('ä€😀');
  });
});
