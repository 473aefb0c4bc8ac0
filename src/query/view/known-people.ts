/** KnownPeople: the facts about people that a question has looked up beyond their events, put on its batches. */
import type { EventColumns } from '../../core/event/columns.ts';
import type { Lookup } from '../../core/event/lookup.ts';
import type { HighRange } from '../../core/people/high-range.ts';
import type { LinkedPeople } from '../../core/people/linked-people.ts';
import type { Result } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { Coverage } from './coverage.ts';
import type { LakeRefusal } from './refusal.ts';

export interface KnownPeople {
  /** null when the question does not ask for identities. */
  readonly linked: LinkedPeople | null;
  /** null when the question asks for no traits or cohorts. */
  readonly lookup: Lookup | null;
  /** The people whose facts `lookup` has. Where they are not all people, only their rows are shown. */
  readonly range: HighRange;
  /** Looks up the facts about the people after `range`; null when there are none. */
  readonly next: (() => Promise<Result<KnownPeople, LakeRefusal>>) | null;
  /** The links of all events acknowledged by then are followed; null when the question does not ask for identities. */
  readonly identityAsOfMs: number | null;
  /** Events that were read to know the people. */
  readonly scannedEvents: number;
  /** The coverage of each reading beside the question's own. */
  readonly coverages: readonly Coverage[];
}

/** The columns with each row's person replaced by the one they are linked to, and the lookup. The batch does not change. */
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
