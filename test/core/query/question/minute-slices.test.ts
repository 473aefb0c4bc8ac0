import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../../src/core/limits.ts';
import { endedOnMinute, minuteSlicesOf } from '../../../../src/core/query/question/minute-slices.ts';
import { parseQuery } from '../../../../src/core/query/question/request.ts';

const NOW_MS = Date.parse('2024-06-01T12:00:10.500Z');

function query(body: object) {
  const parsed = parseQuery({ measure: 'count', from: '2024-06-01T11:30:10.5Z', ...body } as never, 'UTC');
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe('the minutes of a range', () => {
  it('are whole ones and slices of fewer than one minute, which tile it', () => {
    const instant = fc.integer({ min: 0, max: 10 * MINUTE_MS });
    const property = fc.property(instant, instant, (one, other) => {
      const [startMs, endMs] = [Math.min(one, other), Math.max(one, other) + 1];
      const { whole, slices } = minuteSlicesOf({ startMs, endMs });
      const pieces = [...slices, whole].filter((piece) => piece.startMs < piece.endMs);
      pieces.sort((a, b) => a.startMs - b.startMs);
      expect(pieces[0]!.startMs).toBe(startMs);
      expect(pieces.at(-1)!.endMs).toBe(endMs);
      for (const [i, piece] of pieces.slice(1).entries()) expect(piece.startMs).toBe(pieces[i]!.endMs);
      for (const bound of [whole.startMs, whole.endMs])
        if (whole.startMs < whole.endMs) expect(bound % MINUTE_MS).toBe(0);
      for (const slice of slices) {
        expect(Math.floor(slice.startMs / MINUTE_MS)).toBe(Math.floor((slice.endMs - 1) / MINUTE_MS));
        expect(slice.endMs - slice.startMs).toBeLessThan(MINUTE_MS);
      }
    });
    fc.assert(property);
  });

  it('have no slice where both bounds are on a minute', () => {
    expect(minuteSlicesOf({ startMs: MINUTE_MS, endMs: 3 * MINUTE_MS }).slices).toEqual([]);
  });
});

describe('an end in the future', () => {
  it('is rounded up to a whole minute, whose bucket is then not cut', () => {
    const asked = query({ to: '2024-06-01T12:01:10.5Z', interval: 'minute' });
    expect(asked.cutBuckets).toEqual([0, 31]);
    const ended = endedOnMinute(asked, NOW_MS);
    expect(new Date(ended.endMs).toISOString()).toBe('2024-06-01T12:02:00.000Z');
    expect(ended.cutBuckets).toEqual([0]);
    expect(ended.bucketStarts).toEqual(asked.bucketStarts);
  });

  it('leaves an hour cut that it does not fill, and a minute that the start cuts too', () => {
    expect(endedOnMinute(query({ to: '2024-06-01T12:01:10.5Z', interval: 'hour' }), NOW_MS).cutBuckets).toEqual([0, 1]);
    const within = query({ from: '2024-06-01T12:01:10Z', to: '2024-06-01T12:01:10.5Z', interval: 'minute' });
    expect(endedOnMinute(within, NOW_MS).cutBuckets).toEqual([0]);
  });

  it('is none where it is on a minute, or where it has passed', () => {
    for (const to of ['2024-06-01T12:01:00Z', '2024-06-01T12:00:10.5Z', '2024-06-01T11:59:59.999Z']) {
      expect(endedOnMinute(query({ to }), NOW_MS)).toEqual(query({ to }));
    }
  });
});
