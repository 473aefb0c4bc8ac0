/**
 * Links: the identify events of vendors that have none. Snowplow, Matomo and GA4 write the ids of the device and of the
 * person into each event, and join them later; here an `identify` joins them.
 *
 * One event for each pair of ids in a request, behind the events that were sent, with an id made of the pair: the shards
 * drop it when it comes again.
 */
import { DEFAULT_JUNK_IDS } from '../../../core/event/junk-id.ts';
import { LIMITS } from '../../../core/limits.ts';
import { SAME_NAMES } from '../protocol.ts';
import { Companion } from './companions.ts';

export interface Identity {
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly timestamp?: unknown;
  readonly sentAt?: unknown;
  /** Traits of the person. An identity that has some is an event by itself, with an id of its own. */
  readonly traits?: object | undefined;
  /** The id of an event with traits; null when a retry cannot be told. */
  readonly id?: string | null;
}

function linkEvent({ traits, ...others }: Identity, id: string | null): Companion {
  return new Companion({ ...others, type: 'identify', id, properties: traits }, SAME_NAMES);
}

/** The events with the links that they tell. `identityOf` gives null for an event that tells none. */
export function withLinks(
  events: readonly unknown[],
  identityOf: (sent: unknown) => Identity | null,
): readonly unknown[] {
  const links = new Map<string, Companion>();
  for (const sent of events) {
    // The bound of a request holds for its links too; a link that has no room comes with the next one.
    if (events.length + links.size >= LIMITS.requestEventsMax) break;
    const identity = identityOf(sent);
    if (identity === null) continue;
    const { userId, anonymousId, traits } = identity;
    const pair = linkIdOf(anonymousId, userId);
    if (traits !== undefined) links.set(`${links.size} ${pair}`, linkEvent(identity, identity.id ?? null));
    else if (isNamed(userId) && isNamed(anonymousId) && !links.has(pair)) links.set(pair, linkEvent(identity, pair));
  }
  return links.size === 0 ? events : [...events, ...links.values()];
}

/** Whether the id names somebody, as far as it can be told without the tenant's own words. */
function isNamed(id: string | null): id is string {
  return id !== null && id.length <= LIMITS.idLengthMax && !DEFAULT_JUNK_IDS.has(id);
}

/** An event's id has 256 characters at most; the ends of longer ids tell them apart. */
const ID_PART_LENGTH = 110;

/** The id of the event that joins the two. */
export function linkIdOf(anonymousId: string | null, userId: string | null): string {
  return `link ${(anonymousId ?? '').slice(-ID_PART_LENGTH)} ${(userId ?? '').slice(-ID_PART_LENGTH)}`;
}
