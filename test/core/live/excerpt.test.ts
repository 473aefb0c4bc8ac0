import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { excerptOfJson, excerptOfText } from '../../../src/core/live/excerpt.ts';
import { DEFAULT_PRIVACY, Privacy } from '../../../src/core/privacy/privacy.ts';

const KEEPS_ADDRESSES = new Privacy({ addresses: 'keep', urlParameters: ['*'] });
const json = (value: unknown, privacy = DEFAULT_PRIVACY) => excerptOfJson(value, privacy).text;
const text = (value: string, privacy = DEFAULT_PRIVACY) => excerptOfText(value, privacy).text;

describe('the excerpt of a refused event', () => {
  it('is the event as JSON, whatever is wrong with it', () => {
    const event = { event: 7, properties: [1, null, true, { a: 'ü"\n' }], context: {}, list: [] };
    expect(excerptOfJson(event, DEFAULT_PRIVACY)).toEqual({ text: JSON.stringify(event), isTruncated: false });
    expect(json('only a text')).toBe('"only a text"');
    expect(json(null)).toBe('null');
  });

  it('lacks what the tenant does not store: addresses, parameters and credentials of URLs', () => {
    const event = {
      context: { ip: '203.0.113.9', page: { url: 'https://ann:secret@shop.example/a?token=1&utm_source=x' } },
      properties: { list: [{ clientIp: '2001:db8::1', href: '/b?email=ann@example.org' }] },
    };
    expect(JSON.parse(json(event))).toEqual({
      context: { page: { url: 'https://shop.example/a?utm_source=x' } },
      properties: { list: [{ href: '/b' }] },
    });
    expect(JSON.parse(json(event, KEEPS_ADDRESSES))).toEqual({
      context: { ip: '203.0.113.9', page: { url: 'https://shop.example/a?token=1&utm_source=x' } },
      properties: { list: [{ clientIp: '2001:db8::1', href: '/b?email=ann@example.org' }] },
    });
  });

  it('shows no address under the key of a vendor', () => {
    const event = {
      cip: '203.0.113.9',
      attributes: [{ key: 'client.address', value: { stringValue: '2001:db8::1' } }],
    };
    expect(JSON.parse(json(event))).toEqual({
      cip: '[address]',
      attributes: [{ key: 'client.address', value: { stringValue: '[address]' } }],
    });
    expect(json(event, KEEPS_ADDRESSES)).toBe(JSON.stringify(event));
    const others = { at: '12:30:45', version: '1.2.3', agent: 'Chrome/126.0.0.0', id: 'abc', ratio: '16:9' };
    expect(json(others)).toBe(JSON.stringify(others));
  });

  it('shows no key of the platform', () => {
    const key = `tm_server_${'a'.repeat(16)}_${'b'.repeat(26)}_${'c'.repeat(26)}`;
    const shown = json({ writeKey: key, [key]: 1 }) + text(`{"writeKey":"${key}", broken`);
    expect(shown).not.toContain('aaaa');
    expect(shown).toContain('tm_server_…');
    const mistyped = `${key.slice(0, 30)}0${key.slice(31)}`;
    const odd = [mistyped, key.toUpperCase(), `write_${key}`, `tm_live_${'a'.repeat(16)}_018f0189_${'c'.repeat(26)}`];
    for (const each of odd) expect(json({ each }) + text(each)).not.toMatch(/aaaa|bbbb|cccc/i);
    expect(json({ utm_source_platform: 'x', gtm_tag_id: 1 })).toBe('{"utm_source_platform":"x","gtm_tag_id":1}');
  });

  it('is bounded, and costs the same for events of any size and depth', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = { deep };
    expect(json(deep)).toContain('…');
    expect(json(deep).length).toBeLessThan(200);
    let read = 0;
    const wide = new Proxy(
      {},
      {
        ownKeys: () => Array.from({ length: 50_000 }, (_, i) => `key${i}`),
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: () => ++read,
      },
    );
    const excerpt = excerptOfJson(wide, DEFAULT_PRIVACY);
    expect([excerpt.text.length, excerpt.isTruncated]).toEqual([LIMITS.refusalBodyLengthMax, true]);
    expect(read).toBeLessThan(LIMITS.refusalBodyLengthMax);
    expect(json({ text: 'x'.repeat(5_000_000) }).length).toBe(LIMITS.refusalBodyLengthMax);
  });

  it('does not end in half a character', () => {
    for (let before = LIMITS.refusalBodyLengthMax - 16; before < LIMITS.refusalBodyLengthMax; before++)
      expect(json(`${'x'.repeat(before)}😀😀😀`).isWellFormed()).toBe(true);
  });
});

describe('the excerpt of a body that is no JSON', () => {
  it('lacks everything that looks like an address or a URL with parameters', () => {
    const body = `{"ip": "203.0.113.9", "v6": "2001:db8::8a2e:7334", at: 12:30:45, "u": "https://a:b@x.example/p?token=1&utm_source=y"`;
    expect(text(body)).toBe(
      `{"ip": "[address]", "v6": "[address]", at: 12:30:45, "u": "https://x.example/p?utm_source=y"`,
    );
    expect(text(body, KEEPS_ADDRESSES)).toContain('203.0.113.9');
    expect(text('from ::ffff:10.0.0.1, [2001:db8::1]:443 and 10.0.0.1:80')).not.toMatch(/\d\.\d|db8/);
    expect(text('version 1.2.3 at 09:10:11.123')).toBe('version 1.2.3 at 09:10:11.123');
  });

  it('is bounded', () => {
    const excerpt = excerptOfText('?'.repeat(1_000_000), DEFAULT_PRIVACY);
    expect(excerpt.isTruncated).toBe(true);
    expect(excerpt.text.length).toBeLessThanOrEqual(LIMITS.refusalBodyLengthMax);
  });
});
