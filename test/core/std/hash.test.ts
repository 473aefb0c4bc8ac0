import fc from 'fast-check';
import siphash from 'siphash';
import { describe, expect, it } from 'vitest';
import { Hasher, type HashKey, hashHex } from '../../../src/core/std/hash.ts';

/** The paper's key: bytes 0 to 15. */
const paperKey: HashKey = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c];

function hexOf(key: HashKey, text: string): string {
  const hasher = new Hasher(key);
  hasher.hash(text);
  return hasher.high.toString(16).padStart(8, '0') + hasher.low.toString(16).padStart(8, '0');
}

describe('Hasher', () => {
  it('gives the vectors of the paper and its reference code', () => {
    const message = String.fromCharCode(...Array.from({ length: 15 }, (_, byte) => byte));
    expect(hexOf(paperKey, message)).toBe('a129ca6149be45e5');
    expect(hexOf(paperKey, '')).toBe('726fdb47dd0e0e31');
    expect(hexOf(paperKey, '\u0000')).toBe('74f839c593dc67fd');
    expect(hexOf(paperKey, message.slice(0, 8))).toBe('93f5f5799a932462');
  });

  it('agrees with the siphash package on any text and key', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.string({ unit: 'binary', maxLength: 80 }), (key, text) => {
        expect(hexOf(key, text)).toBe(siphash.hash_hex(Uint32Array.from(key), text));
      }),
    );
  });

  it('takes a lone surrogate for U+FFFD', () => {
    expect(hexOf(paperKey, 'a\ud800b')).toBe(hexOf(paperKey, 'a\ufffdb'));
    expect(hexOf(paperKey, '\udc00')).toBe(hexOf(paperKey, '\ufffd'));
  });

  it('hashes texts longer than its buffer, and forgets what was there before', () => {
    const long = 'é'.repeat(5_000);
    expect(hexOf(paperKey, long)).toBe(siphash.hash_hex(Uint32Array.from(paperKey), long));
    const before = hexOf(paperKey, 'short');
    hexOf(paperKey, '\uffff'.repeat(20));
    expect(hexOf(paperKey, 'short')).toBe(before);
  });

  it('gives unsigned words', () => {
    const hasher = new Hasher(paperKey);
    for (let at = 0; at < 100; at++) {
      hasher.hash(`id-${at}`);
      expect(hasher.high).toBe(hasher.high >>> 0);
      expect(hasher.low).toBe(hasher.low >>> 0);
    }
  });
});

describe('hashHex', () => {
  it('is 16 hex digits that stay the same for ever', () => {
    expect(hashHex('')).toBe('1e924b9d737700d7');
    expect(hashHex('tidemark')).toMatch(/^[0-9a-f]{16}$/);
  });
});
