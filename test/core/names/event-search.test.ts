// The search for names of events stays small, however many a tenant has sent.

import { describe, expect, it } from 'vitest';
import { EventSearch } from '../../../src/core/names/event-search.ts';
import { nearestNames, spellingDistance } from '../../../src/core/names/spelling.ts';

describe('a search among very many names', () => {
  it('finds the names asked for, and holds a bounded number of others', () => {
    const search = new EventSearch(['event 49999', 'missing']);
    for (let i = 0; i < 50_000; i++) search.note(`event ${i}`);
    expect(search.missing).toEqual(['missing']);
    expect(search.found(['event 49999', 'missing'])).toEqual(['event 49999']);
    expect(search.nearestNames('event 1', Number.POSITIVE_INFINITY).length).toBeLessThanOrEqual(4_001);
    expect(search.nearestNames('evnt 17', 1)).toEqual(['event 17']);
  });
});

describe('the nearest names', () => {
  it('are told by a bounded number of letters', () => {
    const long = (tail: string) => 'é'.repeat(150) + tail;
    expect(spellingDistance(long('a'), long('b'))).toBe(0);
    expect(spellingDistance('a', long(''))).toBe(64);
    expect(nearestNames('__prot__', ['constructor', '__proto__', 'toString'], 1)).toEqual(['__proto__']);
    expect(nearestNames('grösse', ['groß', 'Größe', '😀'], 1)).toEqual(['Größe']);
  });
});
