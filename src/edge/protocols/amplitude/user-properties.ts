/**
 * User properties: what an Amplitude event changes of a profile, of a user or a group.
 *
 * | Amplitude | ours |
 * |---|---|
 * | `$set`, `$setOnce`, `$unset`; plain values | traits |
 * | `$add`, `$append`, `$prepend`, `$preInsert`, `$postInsert`, `$remove` | stored with the event; no trait |
 * | `$clearAll` | nothing |
 */
import { isObject } from '../../../core/std/object.ts';
import type { Draft } from '../kit/draft.ts';
import { TraitDraft } from '../kit/traits.ts';

const KEPT = {
  $add: '$add',
  $append: '$append',
  $prepend: '$prepend',
  $postInsert: '$union',
  $preInsert: '$union',
  $remove: '$remove',
} as const;

const OPERATIONS: ReadonlySet<string> = new Set(['$set', '$setOnce', '$unset', '$clearAll', ...Object.keys(KEPT)]);

export function putUserProperties(draft: Draft, bag: unknown, place: string): void {
  const traits = new TraitDraft(draft);
  traits.set(bag, place, OPERATIONS);
  if (!isObject(bag)) return;
  traits.set(bag.$set, `${place}/$set`);
  traits.once(bag.$setOnce, `${place}/$setOnce`);
  traits.unset(bag.$unset, `${place}/$unset`);
  for (const [theirs, ours] of Object.entries(KEPT)) traits.keep(ours, bag[theirs], `${place}/${theirs}`);
}
