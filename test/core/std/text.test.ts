import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCodePoints } from '../../../src/core/std/text.ts';

describe('compareCodePoints', () => {
  it('orders as the code points do', () => {
    const order = (a: string, b: string) => {
      const pointsA = [...a].map((char) => char.codePointAt(0)!);
      const pointsB = [...b].map((char) => char.codePointAt(0)!);
      const at = pointsA.findIndex((point, index) => point !== pointsB[index]);
      if (at === -1) return pointsA.length - pointsB.length;
      return at >= pointsB.length ? 1 : pointsA[at]! - pointsB[at]!;
    };
    const text = fc.string({ unit: 'binary', maxLength: 4 });
    fc.assert(
      fc.property(text, text, text, (head, a, b) => {
        expect(Math.sign(compareCodePoints(head + a, head + b))).toBe(Math.sign(order(a, b)));
      }),
    );
  });

  it('puts an emoji after the end of the private use area, unlike UTF-16', () => {
    expect(compareCodePoints('\u{1f600}', '\uffee')).toBeGreaterThan(0);
    expect('\u{1f600}' < '\uffee').toBe(true);
  });
});
