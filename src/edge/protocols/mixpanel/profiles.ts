/**
 * Profiles: Mixpanel's updates of people (`/engage`) and groups (`/groups`) as our identify and group events.
 *
 * | Mixpanel | ours |
 * |---|---|
 * | `$set`, `$set_once`, `$unset` | traits |
 * | `$add`, `$append`, `$union`, `$remove` | stored with the event; no trait |
 * | `$append` of `$transactions` (`track_charge`) | a track event `$transaction` with `revenue` |
 * | `$delete` | rejected: a profile is made of events, and is not deleted by one |
 *
 * Updates have no id, so a retry of one is stored again; traits are the same after it.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { type Draft, draftMapping } from '../kit/draft.ts';
import { TraitDraft } from '../kit/traits.ts';
import { UnreadableEvent } from '../protocol.ts';
import { putPerson } from './person.ts';

const KEPT = ['$add', '$append', '$union', '$remove'] as const;

export const personMapping = draftMapping((sent, draft) => {
  if (sent.$delete !== undefined) return NO_DELETE;
  draft.put('type', 'identify', '');
  draft.put('timestamp', sent.$time, '/$time');
  putPerson(draft, { bag: sent, place: '', idName: '$distinct_id' });
  draft.context('ip', sent.$ip, '/$ip');
  const charge = chargeOf(sent);
  if (charge === null) putTraits(sent, draft);
  else putCharge(charge, draft);
  return undefined;
});

export const groupMapping = draftMapping((sent, draft) => {
  if (sent.$delete !== undefined) return NO_DELETE;
  draft.put('type', 'group', '');
  draft.put('timestamp', sent.$time, '/$time');
  draft.put('groupId', sent.$group_id, '/$group_id');
  putTraits(sent, draft);
  draft.property('$group_key', sent.$group_key, '/$group_key');
  return undefined;
});

const NO_DELETE = new UnreadableEvent({
  code: 'operation-unsupported',
  path: '/$delete',
  message: 'A profile is not deleted by an event.',
});

function putTraits(sent: Wire, draft: Draft): void {
  const traits = new TraitDraft(draft);
  traits.set(sent.$set, '/$set');
  traits.once(sent.$set_once, '/$set_once');
  traits.unset(sent.$unset, '/$unset');
  for (const operation of KEPT) traits.keep(operation, sent[operation], `/${operation}`);
}

/** The charge that an update appends; null when it does something else. */
function chargeOf({ $append }: Wire): Wire | null {
  const charge = isObject($append) ? $append.$transactions : null;
  return isObject(charge) ? charge : null;
}

const CHARGE_PLACE = '/$append/$transactions';
const CHARGE_HANDLED: ReadonlySet<string> = new Set(['$amount', '$time']);

function putCharge(charge: Wire, draft: Draft): void {
  draft.put('type', 'track', '');
  draft.put('event', '$transaction', '');
  draft.put('timestamp', charge.$time, `${CHARGE_PLACE}/$time`);
  draft.properties(charge, CHARGE_PLACE, CHARGE_HANDLED);
  draft.property('revenue', charge.$amount, `${CHARGE_PLACE}/$amount`);
}
