/**
 * Session: the tenants of this tab and the one that is shown. The session storage of the tab holds their keys, so that a
 * reload finds them and the end of the tab forgets them. A key is never part of a URL, which ends up in histories and logs.
 */
import { computed, signal } from '@preact/signals';
import type { DemoKeys } from '../../wire/demo.ts';
import type { Whoami } from '../../wire/tenants.ts';
import { CallError, call } from './api.ts';

const NAME = 'tidemark.keys';

export type Scope = 'read' | 'admin';

/** A key that this tab keeps, with the tenant that it opens. */
export interface KeptKey {
  readonly tenant: string;
  readonly name: string;
  readonly timezone: string;
  /** What the tenant chose about bots; null when it has not chosen. */
  readonly bots: Whoami['bots'];
  readonly scope: Scope;
  readonly key: string;
}

/** `opening` until it is known whether there is a tenant to show. */
export const sessionState = signal<'opening' | 'none' | 'open'>('opening');
export const keptKeys = signal<readonly KeptKey[]>([]);
export const shownTenant = signal<string | null>(null);
/** The keys of the demo tenant of a local stack; null elsewhere. */
export const demoKeys = signal<DemoKeys | null>(null);

/** The key of the tenant shown: an admin key if the tab has one, which may do all that a read key may. */
export const session = computed<KeptKey | null>(() => {
  const own = keptKeys.value.filter(({ tenant }) => tenant === shownTenant.value);
  return own.find(({ scope }) => scope === 'admin') ?? own[0] ?? null;
});
export const isAdmin = computed(() => session.value?.scope === 'admin');
/** The zone of the tenant of a shared board, which is shown without a session. */
export const sharedTimezone = signal('UTC');
export const timezone = computed(() => session.value?.timezone ?? sharedTimezone.value);
/** The ids of the tenants that the tab can show. */
export const tenants = computed(() => [...new Map(keptKeys.value.map((kept) => [kept.tenant, kept.name]))]);

/** Opens the session: the keys of the tab, or those of the demo tenant. Resolves with a message when a kept key ended. */
export async function openSession(): Promise<string | null> {
  const kept = readKept();
  let problem: string | null = null;
  const [demo, ...found] = await Promise.all([
    readDemoKeys(),
    ...kept.map(({ key }) =>
      identify(key).catch((error) => {
        if (!isEnded(error)) throw error;
        problem = `${error.message} Give another key.`;
        return null;
      }),
    ),
  ]);
  const alive = found.filter((one) => one !== null);
  demoKeys.value = demo;
  if (demo && !alive.some(({ tenant }) => tenant === demo.tenant)) alive.unshift(await identify(demo.read));
  keptKeys.value = alive;
  const wanted = sessionStorage.getItem(`${NAME}.shown`);
  shownTenant.value = alive.find(({ tenant }) => tenant === wanted)?.tenant ?? alive[0]?.tenant ?? null;
  store();
  sessionState.value = alive.length > 0 ? 'open' : 'none';
  return problem;
}

/** Adds a key that the user gave and shows its tenant. Throws an Error that says what is wrong with it. */
export async function addKey(text: string): Promise<KeptKey> {
  const key = text.trim();
  mustBeReadable(key);
  const added = await identify(key);
  keptKeys.value = [
    ...keptKeys.value.filter(({ tenant, scope }) => tenant !== added.tenant || scope !== added.scope),
    added,
  ];
  showTenant(added.tenant);
  sessionState.value = 'open';
  return added;
}

export function showTenant(id: string): void {
  shownTenant.value = id;
  store();
}

/** Notes what the shown tenant chose about bots. */
export function noteBots(bots: Whoami['bots']): void {
  keptKeys.value = keptKeys.value.map((kept) => (kept.tenant === shownTenant.value ? { ...kept, bots } : kept));
}

/** Forgets every key of the tab. */
export function forgetKeys(): void {
  sessionStorage.removeItem(NAME);
  sessionStorage.removeItem(`${NAME}.shown`);
  keptKeys.value = [];
  shownTenant.value = null;
  sessionState.value = 'none';
}

/** Forgets the keys of one tenant. */
export function forgetTenant(id: string): void {
  keptKeys.value = keptKeys.value.filter(({ tenant }) => tenant !== id);
  if (keptKeys.value.length === 0) forgetKeys();
  else showTenant(shownTenant.value === id ? keptKeys.value[0]!.tenant : shownTenant.value!);
}

function mustBeReadable(key: string): void {
  const [, scope] = /^tm_(server|browser|write|read|admin)_[\x21-\x7e]+$/.exec(key) ?? [];
  if (scope === undefined)
    throw new Error('This is not the key of a tenant: a read key begins with tm_read_, an admin key with tm_admin_.');
  if (scope !== 'read' && scope !== 'admin')
    throw new Error(`This is a ${scope} key, which can send and not ask. A read key begins with tm_read_.`);
}

async function identify(key: string): Promise<KeptKey> {
  const { tenant, name, timezone, bots } = await call<Whoami>('/v1/whoami', { key });
  return { tenant, name, timezone, bots, scope: key.startsWith('tm_admin_') ? 'admin' : 'read', key };
}

function isEnded(error: unknown): error is CallError {
  return error instanceof CallError && (error.status === 401 || error.status === 403);
}

async function readDemoKeys(): Promise<DemoKeys | null> {
  try {
    return await call<DemoKeys>('/demo.json');
  } catch (error) {
    if (error instanceof CallError && error.status === 404) return null;
    throw error;
  }
}

function readKept(): readonly { readonly key: string }[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(NAME) ?? '[]');
    return Array.isArray(kept) ? kept.map((key) => ({ key: String(key) })) : [];
  } catch {
    return [];
  }
}

function store(): void {
  const demo = demoKeys.value?.read;
  const keys = keptKeys.value.map(({ key }) => key).filter((key) => key !== demo);
  if (keys.length === 0) sessionStorage.removeItem(NAME);
  else sessionStorage.setItem(NAME, JSON.stringify(keys));
  if (shownTenant.value === null || keptKeys.value.length < 2) sessionStorage.removeItem(`${NAME}.shown`);
  else sessionStorage.setItem(`${NAME}.shown`, shownTenant.value);
}
