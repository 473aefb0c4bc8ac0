// The cache of footers is bounded by their bytes, not by their number.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { packFooter, parseFooter, unpackFooter } from '../../../src/lake/segment/footer.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { SizedCache } from '../../../src/lake/std/sized-cache.ts';
import { shopColumns } from '../generate.ts';

describe('a sized cache', () => {
  it('gives up the least recently used, until the rest fits', () => {
    const cache = new SizedCache<string, object>(10);
    const made: string[] = [];
    const read = (key: string, sizeBytes = 4) =>
      cache.of(
        key,
        () => ({ at: made.push(key) }),
        () => sizeBytes,
      );
    const first = read('a');
    read('b');
    expect(read('a')).toBe(first);
    read('c');
    expect(read('a')).toBe(first);
    read('b');
    expect(made).toEqual(['a', 'b', 'c', 'b']);
    read('large', 11);
    read('large', 11);
    read('a');
    expect(made.slice(4)).toEqual(['large', 'a']);
  });
});

describe('a footer', () => {
  const footerOf = (days: number) => encodeSegment(shopColumns(3_000, { days }), { order: 'l0' }).footer;

  it('of many days is not kept parsed beside many like it', () => {
    const footer = footerOf(100);
    const metadata = parseFooter(footer);
    expect(parseFooter(footer)).toBe(metadata);
    const others = Math.ceil(LIMITS.parsedFootersSizeBytesMax / footer.length);
    // An earlier cache kept as many footers whatever their size.
    expect(others).toBeLessThan(LIMITS.parsedFootersSizeBytesMax / (10 * footerOf(1).length));
    for (let i = 0; i < others; i++) parseFooter(footer.slice());
    expect(parseFooter(footer)).not.toBe(metadata);
  });

  it('of a day is kept beside those of a hundred others', () => {
    const footer = footerOf(1);
    const metadata = parseFooter(footer);
    for (let i = 0; i < 100; i++) parseFooter(footer.slice());
    expect(parseFooter(footer)).toBe(metadata);
  });

  it('is unpacked once, while there is room', () => {
    const texts = Array.from({ length: 10 }, (_, i) => packFooter(new Uint8Array(500_000).fill(i))!);
    const [first] = texts.map(unpackFooter);
    expect(unpackFooter(texts[9]!)).toBe(unpackFooter(texts[9]!));
    expect(unpackFooter(texts[0]!)).not.toBe(first);
    expect(unpackFooter(texts[0]!)).toEqual(first);
  });
});
