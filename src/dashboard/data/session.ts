/**
 * Session: the tenants of this tab and the one that is shown. The session storage of the tab holds their keys, so that a
 * reload finds them and the end of the tab forgets them. A key is never part of a URL, which ends up in histories and logs.
 *
 * The tab also remembers what it knew of its tenants, and shows that at once: the first chart does not wait until the keys are looked
 * up again. When it is there they are, and what has changed is shown then.
 */
import { computed, signal } from '@preact/signals';
import type { DemoKeys } from '../../wire/demo.ts';
import type { Whoami } from '../../wire/tenants.ts';
import { CallError, call } from './api.ts';
import { firstShown } from './first.ts';

const NAME = 'tidemark.keys';
const KNOWN = 'tidemark.known';

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

/** What the tab knew last: the demo tenant's keys, the tenant that was shown, the keys of all tenants. */
type Known = readonly [DemoKeys | null, string | null, ...KeptKey[]];

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
  const [demo, tenant, ...keys] = read<Known>(KNOWN, [null, null]);
  if (keys.length === 0) return lookUp();
  demoKeys.value = demo;
  shownTenant.value = tenant;
  show(keys);
  await firstShown();
  // A server that does not answer is told by the page.
  return lookUp().catch(() => null);
}

async function lookUp(): Promise<string | null> {
  const kept = read<readonly string[]>(NAME, []);
  const before = keptKeys.value;
  let problem: string | null = null;
  const [demo, ...found] = await Promise.all([
    readDemoKeys(),
    ...kept.map((key) =>
      identify(key).catch((error) => {
        if (!isEnded(error)) throw error;
        problem = `${error.message} Give another key.`;
        return null;
      }),
    ),
  ]);
  const alive = found.filter((one) => one !== null);
  // The user has changed the keys meanwhile.
  if (keptKeys.value !== before) return null;
  demoKeys.value = demo;
  if (demo && !alive.some(({ tenant }) => tenant === demo.tenant)) alive.unshift(await identify(demo.read));
  // Whoever follows the session begins anew with each change of it.
  if (sessionState.value === 'opening' || JSON.stringify(alive) !== JSON.stringify(before)) show(alive);
  store();
  return problem;
}

function show(keys: readonly KeptKey[]): void {
  keptKeys.value = keys;
  shownTenant.value = (keys.find(({ tenant }) => tenant === shownTenant.value) ?? keys[0])?.tenant ?? null;
  sessionState.value = keys.length > 0 ? 'open' : 'none';
}

export function showTenant(id: string): void {
  shownTenant.value = id;
  store();
}

/** Notes what the shown tenant chose about bots. */
export function noteBots(bots: Whoami['bots']): void {
  keptKeys.value = keptKeys.value.map((kept) => (kept.tenant === shownTenant.value ? { ...kept, bots } : kept));
  store();
}

/** Forgets every key of the tab. */
export function forgetKeys(): void {
  show([]);
  store();
}

/** Forgets the keys of one tenant. */
export function forgetTenant(id: string): void {
  keptKeys.value = keptKeys.value.filter(({ tenant }) => tenant !== id);
  if (keptKeys.value.length === 0) forgetKeys();
  else showTenant(shownTenant.value === id ? keptKeys.value[0]!.tenant : shownTenant.value!);
}

/** Returns the tenant that the key opens. */
export async function identify(key: string): Promise<KeptKey> {
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

/** What is no list, or cannot be read, counts as absent. */
function read<T extends readonly unknown[]>(name: string, absent: T): T {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(name) ?? 'null');
    return Array.isArray(kept) ? (kept as unknown as T) : absent;
  } catch {
    return absent;
  }
}

function store(): void {
  const demo = demoKeys.value;
  const keys = keptKeys.value.map(({ key }) => key).filter((key) => key !== demo?.read);
  const known: Known = [demo, shownTenant.value, ...keptKeys.value];
  write(NAME, keys, keys);
  write(KNOWN, known, keptKeys.value);
}

/** Keeps the value as long as there are some of these. */
function write(name: string, value: unknown, { length }: readonly unknown[]): void {
  if (length === 0) sessionStorage.removeItem(name);
  else sessionStorage.setItem(name, JSON.stringify(value));
}
