// The bounds of the body in the real runtime, with its streams, its gzip and its text decoder.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { parseJsonBody } from '../../../src/edge/protocols/json.ts';
import { ANY_TYPE, type BodySpec, JSON_TYPES, readBody } from '../../../src/edge/request/body.ts';

const JSON_TEXT = JSON.stringify(Array.from({ length: 500 }, (_, i) => ({ event: `e${i * 7919}` })));

async function gzip(bytes: Uint8Array | string): Promise<Uint8Array> {
  const body = new Response(bytes).body as ReadableStream<Uint8Array>;
  return new Uint8Array(await new Response(body.pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
}

function request(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request('http://tidemark.test', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

async function codeOf(sent: Request, spec: BodySpec = { types: JSON_TYPES }): Promise<string> {
  const body = await readBody(sent, spec);
  if (!body.ok) return body.error.code;
  const json = parseJsonBody(body.value.bytes);
  return json.ok ? 'taken' : json.error.code;
}

const packed = { 'content-encoding': 'gzip' };

describe('in workerd', () => {
  it('a plain and a packed body are read', async () => {
    expect(await codeOf(request(JSON_TEXT))).toBe('taken');
    expect(await codeOf(request(JSON_TEXT, { 'content-length': String(JSON_TEXT.length) }))).toBe('taken');
    expect(await codeOf(request(await gzip(JSON_TEXT), packed))).toBe('taken');
  });

  it('a body without an announced length is counted while it streams', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(256 * 1024));
      },
    });
    expect(await codeOf(request(endless))).toBe('body-too-large');
    expect(pulled).toBeLessThan(30);
  });

  it('a gzip bomb stops at the limit', async () => {
    const bomb = await gzip(new Uint8Array(64 * 1024 * 1024));
    expect(bomb.byteLength).toBeLessThan(LIMITS.bodySizeBytesMax / 10);
    expect(await codeOf(request(bomb, packed))).toBe('body-too-large');
  });

  it('a gzip stream cut anywhere, or followed by more, is refused', async () => {
    const whole = await gzip(JSON_TEXT);
    for (const length of [1, 5, 10, 100, whole.length - 9, whole.length - 8, whole.length - 4, whole.length - 1]) {
      expect([length, await codeOf(request(whole.slice(0, length), packed))]).toEqual([length, 'gzip-invalid']);
    }
    expect(await codeOf(request(Uint8Array.of(...whole, 1, 2, 3), packed))).toBe('gzip-invalid');
    const broken = whole.slice();
    broken[whole.length - 6] = (broken[whole.length - 6] ?? 0) ^ 1;
    expect(await codeOf(request(broken, packed))).toBe('gzip-invalid');
    expect(await codeOf(request(JSON_TEXT, packed))).toBe('gzip-invalid');
  });

  it('bytes that are no UTF-8 are refused, a deep text is parsed', async () => {
    expect(await codeOf(request(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)))).toBe('utf8-invalid');
    expect(await codeOf(request(`${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}`))).toBe('taken');
  });

  it('a body that only begins like gzip tells that it is packed, where the call looks', async () => {
    const bytes = await gzip(JSON_TEXT);
    expect(await codeOf(request(bytes), { types: JSON_TYPES, sniffsGzip: true })).toBe('taken');
    expect(await codeOf(request(JSON_TEXT), { types: JSON_TYPES, sniffsGzip: true })).toBe('taken');
    expect(await codeOf(request(bytes))).toBe('utf8-invalid');
  });

  it('no body is enough where the call says so, and any type', async () => {
    const bare = () => new Request('http://tidemark.test', { method: 'POST' });
    const read = await readBody(bare(), { types: JSON_TYPES, isOptional: true });
    expect(read).toMatchObject({ ok: true, value: { contentType: '' } });
    expect(await codeOf(bare())).toBe('content-type-unsupported');
    expect(await codeOf(request('', {}))).toBe('body-empty');
    const odd = { 'content-type': 'image/png' };
    expect(await codeOf(request(JSON_TEXT, odd), { types: [ANY_TYPE] })).toBe('taken');
    expect(await codeOf(request(JSON_TEXT, odd))).toBe('content-type-unsupported');
  });
});
