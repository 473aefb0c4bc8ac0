// Packed: forms and base64 as vendors pack their JSON.

import { describe, expect, it } from 'vitest';
import { exactReader, parseForm, parsePacked, unpackBase64 } from '../../../../src/edge/protocols/kit/packed.ts';
import { revenueOf } from '../../../../src/edge/protocols/kit/revenue.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('packed JSON', () => {
  it('is read from base64 of every kind, and from plain JSON', () => {
    const json = '{"a":"ü>>>???"}';
    const plain = Buffer.from(json).toString('base64');
    const url = Buffer.from(json).toString('base64url');
    expect(plain).not.toBe(url);
    for (const text of [json, plain, url, plain.replaceAll('+', ' '), ` ${plain}\n`])
      expect(parsePacked(text, '`data`')).toMatchObject({ ok: true, value: { value: { a: 'ü>>>???' } } });
  });

  it('is refused when it is neither', () => {
    for (const text of ['', '%%%', 'e30', '{"a":', Buffer.from([0xff, 0xfe]).toString('base64')])
      expect(parsePacked(text, '`data`')).toMatchObject(
        text === 'e30' ? { ok: true } : { ok: false, error: { code: 'json-invalid' } },
      );
    expect(unpackBase64('=')).toBeNull();
  });

  it('is read again with all its digits when an event asks', () => {
    const read = exactReader(
      () => '{"batch":[{"n":1},{"n":12345678901234567890}]}',
      (value) => (value as { batch: unknown }).batch,
    );
    expect([read(1), read(0), read(2)]).toEqual([{ n: '12345678901234567890' }, { n: 1 }, undefined]);
    expect(
      exactReader(
        () => '{}',
        () => null,
      )(0),
    ).toBeUndefined();
  });
});

describe('a form', () => {
  it('is strict UTF-8', () => {
    const form = parseForm(bytes('data=a%2Bb+c&x=%zz'));
    expect(form.ok && [...form.value]).toEqual([
      ['data', 'a+b c'],
      ['x', '%zz'],
    ]);
    expect(parseForm(Uint8Array.of(0xff))).toMatchObject({ ok: false, error: { code: 'utf8-invalid' } });
  });
});

describe('revenue', () => {
  it('is what is said, else price times quantity', () => {
    expect(revenueOf(5, 3, 2)).toBe(5);
    expect(revenueOf(undefined, 3, 2)).toBe(6);
    expect(revenueOf('5', 3, null)).toBe(3);
    expect(revenueOf(null, undefined, 2)).toBeUndefined();
    expect(revenueOf(undefined, 1e308, 1e308)).toBeUndefined();
  });
});
