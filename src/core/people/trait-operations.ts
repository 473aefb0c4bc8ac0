/**
 * TraitOperation: a key of an identify or group event's properties that changes traits, and is no trait by itself.
 *
 * | key | its object holds |
 * |---|---|
 * | `$set_once` | traits that count only where no event sets them; of several, the earliest |
 * | `$add`, `$append`, `$prepend`, `$union`, `$remove` | changes of a vendor's SDK that are stored with the event, and make no trait |
 *
 * A trait is set by the other keys, and taken away by null.
 *
 * `$set_once` is a maximum like every trait: all its times lie before those that set, and run backwards. So a set wins over
 * it whichever comes first, and of two the earlier wins. Refused: sums for `$add`, which no digest of the deciding events
 * could keep (docs/decisions/people/0073-trait-operations.md).
 */
import type { JsonObject, JsonValue } from '../event/event.ts';
import { isObject } from '../std/object.ts';

const SET_ONCE = '$set_once';
const OPERATIONS: ReadonlySet<string> = new Set([SET_ONCE, '$add', '$append', '$prepend', '$union', '$remove']);

type Trait = readonly [name: string, value: JsonValue];

/** The traits that an event gives: those that it sets, and those that it sets once. */
export interface TraitGifts {
  readonly set: readonly Trait[];
  readonly once: readonly Trait[];
}

const NO_TRAITS: readonly Trait[] = Object.freeze([]);

export function traitGifts(properties: JsonObject): TraitGifts {
  const all = Object.entries(properties);
  if (!all.some(([name]) => OPERATIONS.has(name))) return { set: all, once: NO_TRAITS };
  const once = properties[SET_ONCE];
  return {
    set: all.filter(([name]) => !OPERATIONS.has(name)),
    once: isObject(once) ? (Object.entries(once) as Trait[]).filter(([, value]) => value !== null) : NO_TRAITS,
  };
}
