import { describe, expect, it } from 'vitest';
import { jsonText } from '../../src/http/json-text.ts';

describe('the JSON of an answer', () => {
  const one = { series: [{ key: {}, total: 1, points: [] }], meta: { complete: true } };
  const other = { series: [], meta: {} };

  it.each([
    one,
    { answers: [] },
    { answers: [one] },
    { answers: [one, other, one] },
    { answers: [one, { text: '"', absent: undefined }] },
    { answers: [one, other], formulas: {} },
    { answers: { a: one, b: other }, formulas: {} },
  ])('is what JSON.stringify gives: %j', async (answer) => {
    expect(await jsonText(answer)).toBe(JSON.stringify(answer));
  });
});
