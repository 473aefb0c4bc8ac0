import { describe, expect, it } from 'vitest';
import { base32, equalConstantTime, KeyRing, parseKey, sha256Hex } from '../../src/http/keys.ts';
import { ROOT_KEY } from '../support/fake-services.ts';

const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
const ring = () => new KeyRing({ rootKey: ROOT_KEY }, random);

/** Exchanges the character of a key at an index for another of the alphabet. */
function altered(key: string, index: number): string {
  return key.slice(0, index) + (key[index] === 'a' ? 'b' : 'a') + key.slice(index + 1);
}

describe('a key', () => {
  it('carries its scope and tenant, and is verified by another ring of the same root key', async () => {
    const uid = ring().newUid();
    const made = await ring().make('read', uid);
    expect(made.key).toMatch(/^tm_read_[a-z2-7]{16}_[a-z2-7]{26}_[a-z2-7]{26}$/);
    expect(parseKey(made.key)).toEqual({ scope: 'read', uid });
    expect(await ring().verify(made.key)).toEqual({ scope: 'read', uid, hash: await sha256Hex(made.key) });
    expect(made.hash).toBe(await sha256Hex(made.key));
    expect(made.key.endsWith(made.hint)).toBe(true);
  });

  it('is refused when any part of it was altered', async () => {
    const keys = ring();
    const { key } = await keys.make('read', keys.newUid());
    for (const index of [8, 20, 30, key.length - 20, key.length - 1]) {
      const forged = altered(key, index);
      expect(parseKey(forged), forged).not.toBeNull();
      expect(await keys.verify(forged), forged).toBeNull();
    }
    expect(await keys.verify(key.replace('tm_read_', 'tm_admin_'))).toBeNull();
  });

  it('is refused under another root key', async () => {
    const { key } = await ring().make('write', ring().newUid());
    expect(await new KeyRing({ rootKey: `${ROOT_KEY}!` }, random).verify(key)).toBeNull();
  });

  it('is remembered once its signature is verified, and is then verified without cryptography', async () => {
    const keys = ring();
    const { key } = await keys.make('write', keys.newUid());
    await keys.verify(key);
    const { subtle } = crypto;
    Object.defineProperty(crypto, 'subtle', { configurable: true, value: undefined });
    try {
      expect((await keys.verify(key))?.scope).toBe('write');
      await expect(keys.verify(altered(key, 20))).rejects.toThrow();
    } finally {
      Object.defineProperty(crypto, 'subtle', { configurable: true, value: subtle });
    }
  });

  it('cannot be signed by an absent or short root key', () => {
    expect(() => new KeyRing({ rootKey: '' }, random)).toThrow(/root key/);
    expect(() => new KeyRing({ rootKey: 'short' }, random)).toThrow(/root key/);
  });

  it.each([
    '',
    'tm_',
    'tm_write_x',
    'tm_owner_aaaaaaaaaaaaaaaa_b_c',
    `tm_write_${'a'.repeat(16)}_${'1'.repeat(26)}_${'a'.repeat(26)}`,
  ])('has another form than %j', async (text) => {
    expect(parseKey(text)).toBeNull();
    expect(await ring().verify(text)).toBeNull();
  });
});

describe('the root key', () => {
  it('is distinguished from every other text', async () => {
    expect(await ring().isRootKey(ROOT_KEY)).toBe(true);
    expect(await ring().isRootKey(`${ROOT_KEY} `)).toBe(false);
    expect(await ring().isRootKey('')).toBe(false);
  });
});

describe('base32', () => {
  // RFC 4648, section 10, lower-case and without padding.
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('encodes %j as the RFC does', (text, expected) => {
    expect(base32(new TextEncoder().encode(text))).toBe(expected);
  });
});

describe('the constant-time comparison', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'ab', false],
    ['ab', 'abc', false],
    ['', '', true],
    ['', 'a', false],
    ['a\0', 'a', false],
  ])('compares %j with %j', (a, b, equal) => {
    expect(equalConstantTime(a, b)).toBe(equal);
  });
});

describe('a rotation of the root key', () => {
  const next = 'another-root-key-8d1fQzR7vK2m';
  const signing = 'a-signing-key-of-its-own-5hTw9Lx';

  it('accepts two root keys while it is under way, and one after it', async () => {
    const rotating = new KeyRing({ rootKey: next, previousRootKey: ROOT_KEY, signingKey: ROOT_KEY }, random);
    expect(await Promise.all([next, ROOT_KEY, signing].map((key) => rotating.isRootKey(key)))).toEqual([
      true,
      true,
      false,
    ]);
    const ended = new KeyRing({ rootKey: next, signingKey: ROOT_KEY }, random);
    expect(await Promise.all([next, ROOT_KEY].map((key) => ended.isRootKey(key)))).toEqual([true, false]);
  });

  it('leaves the keys in shipped apps valid, whether the old root key signed or a signing key', async () => {
    for (const signingKey of [ROOT_KEY, signing]) {
      const before = new KeyRing({ rootKey: ROOT_KEY, signingKey }, random);
      const { key } = await before.make('write', before.newUid());
      expect(await new KeyRing({ rootKey: next, signingKey }, random).verify(key)).not.toBeNull();
      expect(await new KeyRing({ rootKey: next }, random).verify(key)).toBeNull();
    }
  });

  it('refuses a short key of any kind', () => {
    const short = 'Zq8vT2xLw9RbN4mYc7HsJd5';
    expect(() => new KeyRing({ rootKey: short }, random)).toThrow(/root key/);
    expect(() => new KeyRing({ rootKey: next, previousRootKey: short }, random)).toThrow(/root key/);
    expect(() => new KeyRing({ rootKey: next, signingKey: short }, random)).toThrow(/root key/);
  });

  it('works with the weak key of an older release, and warns until it is ended', async () => {
    const weak = 'x'.repeat(40);
    const old = new KeyRing({ rootKey: weak }, random);
    expect(old.warnings).toEqual(['root-key-weak']);
    expect(await old.isRootKey(weak)).toBe(true);
    const { key } = await old.make('write', old.newUid());
    const rotating = new KeyRing({ rootKey: next, previousRootKey: weak, signingKey: weak }, random);
    expect(rotating.warnings).toEqual(['root-key-weak']);
    expect([await rotating.isRootKey(next), await rotating.isRootKey(weak)]).toEqual([true, true]);
    const ended = new KeyRing({ rootKey: next, signingKey: weak }, random);
    expect(ended.warnings).toEqual([]);
    expect([await ended.isRootKey(weak), (await ended.verify(key)) !== null]).toEqual([false, true]);
  });
});
