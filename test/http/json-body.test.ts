import { describe, expect, it } from 'vitest';
import { jsonBody } from '../../src/http/json-body.ts';

describe('the JSON of an answer', () => {
  const one = { series: [{ key: {}, total: 1, points: [] }], meta: { complete: true } };
  const other = { series: [], meta: {} };
  const long = { series: [], meta: { text: 'é😀'.repeat(400_000) } };

  it.each([
    one,
    { answers: [] },
    { answers: [one] },
    { answers: [one, other, one] },
    { answers: [one, { text: '"', absent: undefined }] },
    { answers: [one, other], formulas: {} },
    { answers: { a: one, b: other }, formulas: {} },
  ])('is what JSON.stringify gives: %j', async (answer) => {
    expect(await jsonBody(answer)).toBe(JSON.stringify(answer));
  });

  it.each([[[long]], [[long, one, long]], [[one, ...Array(12).fill(long)]]])(
    'goes out in pieces when it is long',
    async (answers) => {
      const body = await jsonBody({ answers });
      expect(body).toBeInstanceOf(ReadableStream);
      const chunks: number[] = [];
      for await (const chunk of body as ReadableStream<Uint8Array>) chunks.push(chunk.byteLength);
      expect(chunks.length).toBe(1 + 2 * answers.length);
      expect(await new Response(await jsonBody({ answers })).text()).toBe(JSON.stringify({ answers }));
    },
  );
});
