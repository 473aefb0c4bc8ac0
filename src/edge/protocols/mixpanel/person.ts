/**
 * Person: whose a Mixpanel event or profile update is.
 *
 * - A `distinct_id` that begins with `$device:` is a device, and without that beginning the same text as `$device_id`. One that
 *   equals `$device_id` is that device, too.
 * - Every other `distinct_id` is a user; `$device_id` beside it is the device.
 * - In `$identify`, `$anon_distinct_id` is the device that becomes the user's. Where it is neither marked as a device nor equal
 *   to `$device_id`, it is the user before (a second login without `reset`), and the device is meant.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import type { Draft } from '../kit/draft.ts';

const DEVICE_MARK = '$device:';

/** Where an event says whose it is: within `properties`, or at the top of a profile update. */
export interface PersonPlace {
  readonly bag: Wire;
  /** The pointer of the bag. */
  readonly place: '' | '/properties';
  readonly idName: 'distinct_id' | '$distinct_id';
}

export function putPerson(draft: Draft, { bag, place, idName }: PersonPlace): void {
  const { [idName]: id, $device_id: deviceId } = bag;
  const idPlace = `${place}/${idName}`;
  if (isDevice(id) || (id != null && id === deviceId)) draft.put('anonymousId', bareId(id), idPlace);
  else {
    draft.put('userId', id, idPlace);
    draft.put('anonymousId', deviceId, `${place}/$device_id`);
  }
}

/** The person of `$identify`: the user, and the device that becomes the user's. */
export function putIdentified(draft: Draft, bag: Wire): void {
  putPerson(draft, { bag, place: '/properties', idName: 'distinct_id' });
  const { $anon_distinct_id: anonymous, $device_id: deviceId } = bag;
  if (anonymous == null) return;
  if (deviceId == null || isDevice(anonymous) || anonymous === deviceId) {
    draft.put('anonymousId', bareId(anonymous), '/properties/$anon_distinct_id');
  }
}

export function bareId(id: unknown): unknown {
  return isDevice(id) ? id.slice(DEVICE_MARK.length) : id;
}

function isDevice(id: unknown): id is string {
  return typeof id === 'string' && id.startsWith(DEVICE_MARK);
}
