import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rootKeyFingerprint, rootKeyProblem } from '../../src/http/root-key.ts';

describe('a root key', () => {
  it.each([
    ['too short', 'Zq8vT2xLw9RbN4mYc7HsJd5'],
    ['one character', 'x'.repeat(64)],
    ['two characters', 'abbabaabbaababbabaababbaabbabaab'],
    ['a word over and over', 'correct-horse'.repeat(5)],
    ['a word over and over, cut', 'tidemark'.repeat(4).slice(0, 30)],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz'],
    ['the digits', '0123456789'.repeat(4)],
    ['zeros and a tail', `${'0'.repeat(40)}secret`],
  ])('is not %s', (_, text) => {
    expect(rootKeyProblem(text)).toMatch(/^the root key /);
  });

  it('is any that was drawn at random, in base64 or in hexadecimal digits', () => {
    for (let round = 0; round < 500; round++) {
      expect(rootKeyProblem(randomBytes(32).toString('base64url'))).toBeNull();
      expect(rootKeyProblem(randomBytes(16).toString('hex'))).toBeNull();
      expect(rootKeyProblem(randomBytes(18).toString('base64url'))).toBeNull();
    }
  });

  it('has a fingerprint of its own', async () => {
    const names = await Promise.all(['a', 'b', 'a'].map(rootKeyFingerprint));
    expect(names[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(names[0]).toBe(names[2]);
    expect(names[0]).not.toBe(names[1]);
  });
});
