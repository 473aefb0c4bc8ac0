/**
 * Authenticate: finds the tenant and the scope that a request acts with, or throws a Problem.
 *
 * in: headers (and the key that some protocols carry in the body), the scope needed · out: {tenant, scope, keyHash}
 * steps: find the key → its form → its signature (no look-up so far) → the tenant → still active? → scope
 *
 * Scopes: `server` sends events and imports, `browser` sends live events within bounds (edge), `read` asks questions, `admin`
 * reads and configures. `write` is the name that `server` had. A call that needs `write` takes any key that may send.
 * Admin includes read but not write, so that no call sends events by mistake with a key that configures. This does not
 * contain a leaked admin key: it makes keys of every scope (control/keys). Keys in URLs end up in logs and referrers, so none
 * is read from there. The key of a share link has a scope that no grant names: it is refused before anything is looked up, by
 * every call but those of a shared board, which look up the link itself.
 */
import { type KeyScope, SHARE_SCOPE, type SignedScope, type Tenant } from '../core/tenant/tenant.ts';
import { type KeyRing, parseKey, type VerifiedKey } from './keys.ts';
import { Problem, unavailable } from './problem.ts';

interface KnownKeys {
  readonly tenant: Tenant;
  readonly activeKeyHashes: ReadonlySet<string>;
}
/** Looks up a tenant's configuration; control/tenants/tenant-cache.ts is the one implementation. */
export interface TenantLookup {
  byUid(uid: string): Promise<KnownKeys | null>;
  /** Loads the tenant anew, with every change made before the call. */
  reload(uid: string): Promise<KnownKeys | null>;
}

export interface Authenticated {
  readonly tenant: Tenant;
  readonly scope: KeyScope;
  readonly keyHash: string;
}

/** The key of a share link, signed here; whether the link is active its own row tells (control/boards/share-store.ts). */
export interface ShareKey {
  readonly uid: string;
  readonly hash: string;
}

/** The trail of root refusals; control/audit/root-refusals.ts is the one implementation. */
export interface RootRefusals {
  /** `shown`: the valid key of a tenant that was shown in the place of the root key; null for any other text. */
  note(shown: { readonly uid: string; readonly hash: string } | null): Promise<void>;
}

export const WRITE_KEY_HEADER = 'x-write-key';
/** Revoked keys remembered in an isolate, so that each costs one look-up in all and not one for each request. */
const ENDED_KEYS_MAX = 4_096;

const GRANTS: Readonly<Record<KeyScope, ReadonlySet<KeyScope>>> = {
  server: new Set<KeyScope>(['write', 'server']),
  write: new Set<KeyScope>(['write', 'server']),
  browser: new Set<KeyScope>(['write']),
  read: new Set<KeyScope>(['read']),
  admin: new Set<KeyScope>(['admin', 'read']),
};

export class Authenticator {
  readonly #keys: KeyRing;
  readonly #tenants: TenantLookup;
  readonly #rootRefusals: RootRefusals | undefined;
  readonly #ended = new Set<string>();
  readonly #charge: (tenant: Tenant) => void;

  /**
   * `rootRefusals` is told of each call that showed a wrong key where the root key is needed. Default: nothing is. `charge` is
   * called with the tenant of each call that is let in; what it throws refuses the call.
   */
  constructor(
    keys: KeyRing,
    tenants: TenantLookup,
    rootRefusals?: RootRefusals,
    charge: (tenant: Tenant) => void = () => {},
  ) {
    this.#keys = keys;
    this.#tenants = tenants;
    this.#rootRefusals = rootRefusals;
    this.#charge = charge;
  }

  /** An authenticator of the same keys that charges each call. */
  charging(charge: (tenant: Tenant) => void): Authenticator {
    return new Authenticator(this.#keys, this.#tenants, this.#rootRefusals, charge);
  }

  /**
   * The tenant that a request acts for, by the key in its headers. Throws 401 `key-missing`, `key-malformed`,
   * `key-unknown`, `key-revoked`, `tenant-deleted`; 403 `key-scope`; 503 `control-unavailable`.
   */
  async authenticate(headers: Headers, needed: KeyScope): Promise<Authenticated> {
    const key = keyOf(headers);
    if (!key) throw new Problem(401, 'key-missing', `This call needs a ${needed} key: ${HOW_TO_SEND}`);
    return this.authenticateKey(key, needed);
  }

  /** The tenant of a key that was found already; throws as `authenticate` does. */
  async authenticateKey(key: string, needed: KeyScope): Promise<Authenticated> {
    const { uid, scope, hash } = await this.#verify(key);
    if (scope === SHARE_SCOPE) throw otherScope(needed, scope);
    const tenant = await this.#tenantOf({ uid, hash });
    if (!GRANTS[scope].has(needed)) throw otherScope(needed, scope);
    this.#charge(tenant);
    return { tenant, scope, keyHash: hash };
  }

  /** The key of a share link that the request shows. Throws 401 `key-missing`, `key-malformed`, `key-unknown`; 403 `key-scope`. */
  async authenticateShare(headers: Headers): Promise<ShareKey> {
    const key = keyOf(headers);
    if (!key) throw new Problem(401, 'key-missing', `This call needs the key of a share link: ${HOW_TO_SEND}`);
    const { uid, scope, hash } = await this.#verify(key);
    if (scope !== SHARE_SCOPE) throw otherScope(SHARE_SCOPE, scope);
    return { uid, hash };
  }

  /** Throws unless the request shows the root key: 401 `key-missing`, 403 `key-root`. */
  async authenticateRoot(headers: Headers): Promise<void> {
    const key = keyOf(headers);
    if (!key) throw new Problem(401, 'key-missing', `This call needs the root key: ${HOW_TO_SEND}`);
    if (await this.#keys.isRootKey(key)) return;
    await this.#rootRefusals?.note(await this.#keys.verify(key));
    throw new Problem(403, 'key-root', 'This call needs the root key.');
  }

  /** The caller of a route that takes the root key as well as a tenant's admin key. */
  async authenticateAdminOrRoot(headers: Headers): Promise<Authenticated | 'root'> {
    const key = keyOf(headers);
    if (key && !key.startsWith('tm_')) {
      if (await this.#keys.isRootKey(key)) return 'root';
      await this.#rootRefusals?.note(null);
    }
    return this.authenticate(headers, 'admin');
  }

  async #verify(key: string): Promise<VerifiedKey> {
    const verified = await this.#keys.verify(key);
    if (verified) return verified;
    if (parseKey(key)) throw new Problem(401, 'key-unknown', 'The key was not made by this platform.');
    throw new Problem(401, 'key-malformed', 'A key has the form tm_<scope>_<tenant>_<random>_<signature>.');
  }

  /**
   * A signed key that the cache does not list is either newer than the cache or revoked. A look-up that begins now
   * tells which, and a revoked key stays revoked.
   */
  async #tenantOf({ uid, hash }: Pick<VerifiedKey, 'uid' | 'hash'>): Promise<Tenant> {
    if (this.#ended.has(hash)) throw keyRevoked();
    let known = await lookUp(this.#tenants.byUid(uid));
    if (known && !known.activeKeyHashes.has(hash)) known = await lookUp(this.#tenants.reload(uid));
    if (!known) throw new Problem(401, 'tenant-deleted', 'The tenant of this key does not exist any more.');
    if (known.activeKeyHashes.has(hash)) return known.tenant;
    if (this.#ended.size >= ENDED_KEYS_MAX) this.#ended.clear();
    this.#ended.add(hash);
    throw keyRevoked();
  }
}

/** The answer of the database about a tenant. Throws 503 `control-unavailable` when there is none. */
export async function lookUp<T>(known: Promise<T>): Promise<T> {
  try {
    return await known;
  } catch (cause) {
    throw unavailable('control-unavailable', 'The tenant could not be looked up; send the request again.', cause);
  }
}

function otherScope(needed: SignedScope, sent: SignedScope): Problem {
  const detail = `This call needs a ${needed} key, the one sent is a ${sent} key.`;
  return new Problem(403, 'key-scope', detail, { extra: { needed, sent } });
}

export function keyRevoked(): Problem {
  return new Problem(401, 'key-revoked', 'The key was revoked.');
}

const HOW_TO_SEND = `as "Authorization: Bearer <key>", as the Basic user name, or as "${WRITE_KEY_HEADER}".`;

/** The key in a request's headers: Bearer, Basic user name, or `x-write-key`; null when there is none. */
export function keyOf(headers: Headers): string | null {
  const [, scheme = '', credentials = ''] = /^\s*(\S+)\s+(\S+)\s*$/.exec(headers.get('authorization') ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() === 'basic') return userNameOf(credentials);
  return headers.get(WRITE_KEY_HEADER) || null;
}

function userNameOf(credentials: string): string | null {
  try {
    return atob(credentials).split(':', 1)[0] || null;
  } catch {
    throw new Problem(401, 'key-malformed', 'The Basic credentials are not base64.');
  }
}
