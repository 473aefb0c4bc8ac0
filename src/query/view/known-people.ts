/** KnownPeople: what a question knows of people beyond their events, and how it is put on a batch. */
import type { EventColumns } from '../../core/event/columns.ts';
import type { Lookup } from '../../core/event/lookup.ts';
import type { LinkedPeople } from '../../core/people/links.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { Coverage } from './coverage.ts';

export interface KnownPeople {
  /** Null: the question does not ask who anybody is. */
  readonly linked: LinkedPeople | null;
  readonly lookup: Lookup | null;
  /** Every link of an event that was acknowledged by then is followed; null: none was asked for. */
  readonly identityAsOfMs: number | null;
  /** Events read to know it. */
  readonly scannedEvents: number;
  /** Of each reading that it took beside the question's own. */
  readonly coverages: readonly Coverage[];
}

/** The columns with the one person that each row's is, and the lookup. The batch itself stays as it is. */
export function knownColumns(columns: EventColumns, { linked, lookup }: KnownPeople): EventColumns {
  const person = linked === null || linked.isEmpty ? columns.person : linkedPersons(columns.person, linked);
  return { ...columns, person, ...(lookup && { lookup }) };
}

function linkedPersons(person: BigInt64Array, linked: LinkedPeople): BigInt64Array {
  const copy = person.slice();
  const words = wordsOf(copy);
  for (let at = 0; at < words.length; at += 2) linked.follow(words, at);
  return copy;
}
