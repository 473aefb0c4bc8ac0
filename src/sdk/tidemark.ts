/**
 * Tidemark: the client that an app calls. It makes events, with ids of the device, the person and the session, and hands
 * them to the outbox.
 */
import type { EventType, Properties, Refused, SdkEvent } from './event.ts';
import type { Outbox } from './outbox.ts';
import { memoryStore, type Store } from './store.ts';

/** `pending` keeps events in memory and sends none; `denied` makes none and forgets all ids. */
export type Consent = 'granted' | 'pending' | 'denied';

export interface Options {
  /** A write key; in a browser or an app one of the class `browser`. */
  readonly key: string;
  /** The address of Tidemark, such as `https://tidemark.example.com`. */
  readonly host: string;
  /** Default: `granted`; `denied` in a browser whose user asks not to be tracked (GPC or DNT). */
  readonly consent?: Consent;
  /**
   * Keeps nothing on the device and sends no id of it: the edge makes a pseudonym that lasts a day. Default: false.
   */
  readonly cookieless?: boolean;
  /** Told of each event that was refused or dropped. Default: a warning on the console. */
  readonly onRefused?: (refused: Refused) => void;
}

export interface Tidemark {
  track(event: string, properties?: Properties): string | null;
  page(name?: string, properties?: Properties): string | null;
  /** Names the person from now on; `traits` are what is known of them. */
  identify(userId: string, traits?: Properties): string | null;
  group(groupId: string, traits?: Properties): string | null;
  /** Tells that `previousId` (default: this device's person) is `userId`. */
  alias(userId: string, previousId?: string): string | null;
  /** Forgets the person, the group, the session and the device, as after a logout. */
  reset(): void;
  /** Resolves when all events are answered, or are to be tried later. */
  flush(): Promise<void>;
  setConsent(consent: Consent): void;
  optOut(): void;
  optIn(): void;
}

export interface ClientDeps {
  /** The store that outlives the page or process. */
  readonly kept: Store;
  readonly outboxOf: (store: () => Store, isOpen: () => boolean) => Outbox;
  readonly now: () => number;
  readonly newId: () => string;
  /** The context of an event made now. */
  readonly context: () => Properties;
  /** False where one process serves many people, so that each call names its own. */
  readonly hasDevice: boolean;
  readonly isOptedOut: boolean;
}

const IDS = ['device', 'user', 'group', 'session'];
const SESSION_GAP_MS = 30 * 60_000;

export interface Client extends Tidemark {
  readonly outbox: Outbox;
  make(type: EventType, fields: Partial<SdkEvent>): string | null;
}

export function makeClient(
  { consent, cookieless = false }: Pick<Options, 'consent' | 'cookieless'>,
  deps: ClientDeps,
): Client {
  const { kept, now, newId, hasDevice } = deps;
  const waiting = memoryStore();
  let state: Consent = (kept.get('consent') as Consent | null) ?? consent ?? (deps.isOptedOut ? 'denied' : 'granted');
  const store = () => (cookieless || state !== 'granted' ? waiting : kept);
  const outbox = deps.outboxOf(store, () => state === 'granted');
  const isBare = cookieless || !hasDevice;

  const idOf = (name: string): string => {
    const known = store().get(name);
    if (known !== null) return known;
    const id = newId();
    store().set(name, id);
    return id;
  };

  const session = (): string => {
    const [id, atMs] = (store().get('session') ?? '').split(' ');
    const current = id && now() - Number(atMs) < SESSION_GAP_MS ? id : newId();
    store().set('session', `${current} ${now()}`);
    return current;
  };

  const make = (type: EventType, fields: Partial<SdkEvent>): string | null => {
    if (state === 'denied') return null;
    const id = newId();
    const groupId = store().get('group');
    outbox.add({
      id,
      type,
      timestamp: new Date(now()).toISOString(),
      userId: store().get('user') ?? undefined,
      anonymousId: isBare ? undefined : idOf('device'),
      ...fields,
      context: {
        ...deps.context(),
        ...(isBare ? cookieless && { cookieless } : { sessionId: session() }),
        ...(groupId !== null && { groupId }),
        ...fields.context,
      },
    });
    return id;
  };

  const forget = (isGone: (name: string) => boolean) => {
    for (const each of [kept, waiting]) for (const name of [...each.names()].filter(isGone)) each.set(name, null);
  };

  const setConsent = (next: Consent) => {
    const before = store();
    state = next;
    if (next === 'denied') forget(() => true);
    if (!cookieless || next === 'denied') kept.set('consent', next);
    if (before !== store()) move(before, store());
    if (next === 'granted') outbox.flush();
  };

  return {
    outbox,
    make,
    track: (event, properties) => make('track', { event, properties }),
    page: (name, properties) => make('page', { name, properties }),
    identify(userId, traits) {
      if (hasDevice) store().set('user', userId);
      return make('identify', { userId, properties: traits });
    },
    group(groupId, traits) {
      if (hasDevice) store().set('group', groupId);
      return make('group', { groupId, properties: traits });
    },
    alias: (userId, previousId) =>
      make('alias', { userId, previousId: previousId ?? store().get('user') ?? (isBare ? undefined : idOf('device')) }),
    reset: () => forget((name) => IDS.includes(name)),
    flush: outbox.flush,
    setConsent,
    optOut: () => setConsent('denied'),
    optIn: () => setConsent('granted'),
  };
}

function move(from: Store, to: Store): void {
  for (const name of [...from.names()]) {
    if (name === 'consent') continue;
    to.set(name, from.get(name));
    from.set(name, null);
  }
}
