import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson, quoteUnsafeNumbers } from '../../../src/edge/protocols/exact-json.ts';
import { Lines } from '../../../src/edge/protocols/json.ts';
import { parseJsonText } from '../../../src/edge/protocols/kit/loose.ts';

/** JSON text, and the value that is to be read of it. */
interface Sent {
  readonly json: string;
  readonly value: unknown;
}

const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String);
const number: fc.Arbitrary<Sent> = fc
  .oneof(
    digits,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.tuple(digits, fc.constantFrom('.5', 'e3', 'E+2', 'e-30', '.25e1', 'e400')).map((parts) => parts.join('')),
  )
  .map((json) => ({ json, value: Math.abs(Number(json)) <= Number.MAX_SAFE_INTEGER ? Number(json) : json }));
const odd = fc.array(fc.constantFrom('\\', '"', '1e400', '-', ',', '\ud83c', '\0'));
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  digits,
  odd.map((parts) => parts.join('')),
);
const space = fc.constantFrom('', '', ' ', '\t', '\r\n');
const { any } = fc.letrec<{ any: Sent }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text.map((value) => ({ json: JSON.stringify(value), value })),
    fc.constantFrom({ json: 'true', value: true }, { json: 'null', value: null }),
    fc.tuple(space, fc.array(tie('any'), { maxLength: 5 })).map(([gap, items]) => ({
      json: `[${items.map(({ json }) => json).join(`${gap},`)}${gap}]`,
      value: items.map(({ value }) => value),
    })),
    fc.tuple(space, fc.array(fc.tuple(text, tie('any')), { maxLength: 5 })).map(([gap, entries]) => ({
      json: `{${entries.map(([key, { json }]) => `${JSON.stringify(key)}${gap}:${gap}${json}`).join(',')}}`,
      value: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
    })),
  ),
}));

describe('exact JSON', () => {
  it('keeps every digit of every number, and all else as it is', () => {
    fc.assert(
      fc.property(any, ({ json, value }) => {
        expect(JSON.stringify(parseExactJson(json))).toBe(JSON.stringify(value));
        expect(JSON.stringify(parseJsonText(json))).toBe(JSON.stringify(value));
      }),
      { numRuns: 3_000, seed: 1 },
    );
  });

  it('is the same text when no number is too long', () => {
    const sent = '{"a":9007199254740991,"b":-1e-7,"c":"9007199254740993","d":[1e15,0.1234567890123456789]}';
    expect(quoteUnsafeNumbers(sent)).toBe(sent);
    expect(quoteUnsafeNumbers('[1,-9007199254740992]')).toBe('[1,"-9007199254740992"]');
  });

  it('is read of the one line that is asked for', () => {
    for (const broken of [[], [0xff, 0x0a]]) {
      const body = ['', '{"n":1}', ' \t', '{"n":90071992547409930}', '{"n":2e16}\r'].join('\n');
      const lines = new Lines(Uint8Array.from([...broken, ...new TextEncoder().encode(body)]));
      const first = broken.length / 2;
      expect([2, 1, 0].map((index) => lines.exactAt(first + index))).toEqual([
        { n: '2e16' },
        { n: '90071992547409930' },
        { n: 1 },
      ]);
      expect(lines.count()).toBe(first + 3);
    }
  });
});
