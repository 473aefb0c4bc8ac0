// Loose: values that a vendor writes as texts.

import { describe, expect, it } from 'vitest';
import { numeric } from '../../../../src/edge/protocols/kit/loose.ts';

describe('a number as a text', () => {
  it('is the number, and any other value stays as it is', () => {
    expect(['1', '-1', '1.', '1.5', '.5', '1e3', '1E-3', '-.5e+1'].map(numeric)).toEqual([
      1, -1, 1, 1.5, 0.5, 1000, 0.001, -5,
    ]);
    const others = ['', '.', '-', 'e1', '1e', '1.2.3', ' 1', '0x1', '9007199254740993', '1e999', 7, null, {}];
    expect(others.map(numeric)).toEqual(others);
  });

  it('takes no longer for digits without an end: an event may have five million', () => {
    const text = `${'1'.repeat(200_000)}x`;
    const startedAt = performance.now();
    expect(numeric(text)).toBe(text);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
