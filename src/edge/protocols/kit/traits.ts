/**
 * Traits: a vendor's operations on a profile as the properties of an identify or group event
 * (core/people/trait-operations.ts).
 *
 *   set          the trait itself
 *   unset        the trait with null
 *   once         within `$set_once`: counts while nothing sets the trait
 *   others       within a key of their own, such as `$add`: stored with the event, and no trait
 */
import { isObject } from '../../../core/std/object.ts';
import type { Draft } from './draft.ts';

/** The keys of the operations that are stored with their event and make no trait. */
export type StoredOperation = '$add' | '$append' | '$prepend' | '$union' | '$remove';

export class TraitDraft {
  readonly #draft: Draft;

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  set(bag: unknown, place: string, except?: ReadonlySet<string>): void {
    this.#draft.properties(bag, place, except);
  }

  once(bag: unknown, place: string): void {
    if (isObject(bag) && Object.keys(bag).length > 0) this.#draft.property('$set_once', bag, place);
  }

  /** `names`: a list of names, or an object whose keys are the names. */
  unset(names: unknown, place: string): void {
    if (Array.isArray(names)) {
      for (const [i, name] of names.entries()) {
        if (typeof name === 'string') this.#draft.property(name, null, `${place}/${i}`);
      }
    } else if (isObject(names)) for (const name of Object.keys(names)) this.#draft.property(name, null, place);
  }

  keep(operation: StoredOperation, bag: unknown, place: string): void {
    if (isObject(bag)) this.#draft.property(operation, bag, place);
  }
}
