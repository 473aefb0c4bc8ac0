// A hostile client: broken HTTP, bodies made to exhaust the server, and questions made to break it. The server stays
// up.

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerdictDocument } from '../../src/wire/ingest.ts';
import { answerOf, send } from './support/api.ts';
import { Audit, json, MIB, RANGE, type RawRequest } from './support/audit.ts';

let audit: Audit;

beforeAll(async () => {
  audit = await Audit.start();
});
afterAll(() => audit.stop());

describe('a hostile client', () => {
  /** The status of the first response on a new connection; 0 when the server closed it without a response. */
  function overSocket(text: string | Buffer): Promise<number> {
    return new Promise((resolve) => {
      const socket = connect(audit.stack.port, '127.0.0.1');
      let answer = '';
      const finish = () => {
        socket.destroy();
        resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0));
      };
      socket.on('data', (chunk) => {
        answer += chunk;
        if (answer.includes('\r\n\r\n')) finish();
      });
      socket.on('error', finish);
      socket.on('close', finish);
      socket.setTimeout(5_000, finish);
      socket.end(text);
    });
  }

  const request = (headers: readonly string[], body: string | Buffer = '') =>
    Buffer.concat([
      Buffer.from(`${['POST /v1/events HTTP/1.1', 'Host: 127.0.0.1', ...headers].join('\r\n')}\r\n\r\n`, 'latin1'),
      Buffer.from(body),
    ]);
  const auth = () => `Authorization: Bearer ${audit.tenant.keys.write}`;
  const type = 'Content-Type: application/json';
  const event = json({ event: 'Hostile' });

  const REQUESTS: readonly [string, () => Buffer][] = [
    ['a line feed in a header', () => request([auth(), type, 'X-A: b\nX-Admin: 1', 'Content-Length: 2'], '[]')],
    ['a NUL in a header', () => request([auth(), type, 'X-A: a\0b', 'Content-Length: 2'], '[]')],
    ['a header name with a space', () => request([auth(), type, 'X A: b', 'Content-Length: 2'], '[]')],
    [
      'a header of 10,000 characters as key',
      () => request([`Authorization: Bearer ${'k'.repeat(10_000)}`, type, 'Content-Length: 2'], '[]'),
    ],
    [
      '10,000 headers',
      () =>
        request([auth(), type, ...Array.from({ length: 10_000 }, (_, i) => `X-${i}: 1`), 'Content-Length: 2'], '[]'),
    ],
    ['a header of 1 MB', () => request([auth(), type, `X-A: ${'a'.repeat(MIB)}`, 'Content-Length: 2'], '[]')],
    ['two lengths that differ', () => request([auth(), type, 'Content-Length: 2', 'Content-Length: 50'], '[]')],
    [
      'a length and chunks',
      () => request([auth(), type, 'Content-Length: 2', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    ],
    ['a negative length', () => request([auth(), type, 'Content-Length: -1'], '[]')],
    ['a length of 2^64', () => request([auth(), type, 'Content-Length: 18446744073709551616'], '[]')],
    ['a length that is not kept', () => request([auth(), type, 'Content-Length: 500'], event)],
    ['chunks that are none', () => request([auth(), type, 'Transfer-Encoding: chunked'], 'zz\r\nnothing\r\n')],
    ['no HTTP at all', () => Buffer.from('\x16\x03\x01\x02\x00 hello\r\n\r\n', 'latin1')],
    ['a path of 64 KiB', () => Buffer.from(`GET /${'a'.repeat(65_536)} HTTP/1.1\r\nHost: a\r\n\r\n`)],
    ['a path that climbs', () => Buffer.from('GET /v1/../../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['a method of its own', () => Buffer.from('STEAL /v1/events HTTP/1.1\r\nHost: a\r\n\r\n')],
  ];

  it.each(REQUESTS)('leaves the server up: %s', async (name, make) => {
    const before = await audit.countAll();
    const status = await overSocket(make());
    console.log(`hostile: ${name}: ${status === 0 ? 'connection closed' : status}`);
    // The runtime itself answers a method that it does not know with 501.
    if (status !== 501) expect(status).toBeLessThan(500);
    expect(await audit.countAll()).toBe(before);
    await audit.expectUp();
  });

  const BODIES: readonly [string, () => RawRequest, number][] = [
    ['a text of 5 MB', () => ({ body: json({ event: 'a', properties: { text: 'x'.repeat(5_000_000) } }) }), 1],
    ['a name of 5 MB', () => ({ body: json({ event: 'x'.repeat(5_000_000) }) }), 1],
    ['1,000 bad events', () => ({ body: json(Array(1_000).fill({ event: 7 })) }), 1_000],
    ['2,500 events of nothing', () => ({ body: json(Array(2_500).fill(null)) }), 2_500],
    [
      'lines of nested lists',
      () => ({
        body: Array(20)
          .fill('['.repeat(100_000) + ']'.repeat(100_000))
          .join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      }),
      20,
    ],
    [
      '2.4 million line feeds and one bad line',
      () => ({ body: `${'\n'.repeat(2_400_000)}x`, headers: { 'content-type': 'application/x-ndjson' } }),
      1,
    ],
  ];

  it.each(BODIES)('is told what is wrong with each event: %s', async (_name, make, rejected) => {
    const before = await audit.countAll();
    const verdict = await answerOf<VerdictDocument>(audit.request(make()));
    expect(verdict).toMatchObject({ received: rejected, accepted: 0, rejected });
    expect(verdict.errors).toHaveLength(rejected);
    expect(await audit.countAll()).toBe(before);
    await audit.expectUp();
  });

  it('gets a question with a hostile condition refused', async () => {
    const where = (condition: unknown) =>
      send(`${audit.stack.url}/v1/query`, audit.tenant.keys.read, { measure: 'count', where: condition, ...RANGE });
    let nested: object = { property: 'a', op: 'exists' };
    for (let i = 0; i < 500; i++) nested = { not: nested };
    await audit.expectProblem('a condition 500 deep', await where(nested), 400, 'where-invalid');
    const many = { or: Array(1_000).fill({ property: 'a', op: 'exists' }) };
    await audit.expectProblem('a condition of 1,000 parts', await where(many), 400, 'where-invalid');
    const injected = { property: "event'; DROP TABLE tenants; --", op: 'eq', value: "' OR 1=1 --" };
    await audit.expectProblem('a property that is SQL', await where(injected), 400, 'property-unknown');
    const proto = await fetch(`${audit.stack.url}/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${audit.tenant.keys.read}`, 'content-type': 'application/json' },
      body: `{"measure":"count","__proto__":{"a":1},"from":"${RANGE.from}","to":"${RANGE.to}"}`,
    });
    expect(proto.status).toBeLessThan(500);
    await audit.expectUp();
  });
});

describe('at the end', () => {
  it('every good event was counted, and no other', () => audit.expectBalance());

  it('every code that was met is documented', () => audit.expectCodesDocumented());
});
