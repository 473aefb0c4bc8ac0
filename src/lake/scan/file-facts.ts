/**
 * File facts: what a stored file, or a tail, says about the copies among its rows. A file never changes, so its facts are read
 * once.
 *
 * A shard takes a trusted id once, and a browser's id once for each device, while it remembers them; an event that it may have
 * forgotten is flagged as beyond its lateness. So rows of one incarnation hold no copies where all are of one class and none is
 * flagged. A browser's row beside a trusted one may give way to it (CORRECTNESS B7), and must be compared.
 */
import { type EventColumns, LATE_BEYOND } from '../../core/event/columns.ts';
import { BROWSER, SERVER, senderClasses } from './sender-class.ts';

/** Bits: one for each class of senders, and one for rows beyond the lateness. */
export type FileFacts = number;

export const NO_ROWS: FileFacts = 0;
const BEYOND = 1 << 8;

/** Needs `sender` and `late`. */
export function factsOf(columns: EventColumns): FileFacts {
  const { rowCount, late } = columns;
  const classOf = senderClasses(columns);
  let facts = NO_ROWS;
  for (let row = 0; row < rowCount; row++) {
    facts |= 1 << classOf(row);
    if (late[row]! & LATE_BEYOND) facts |= BEYOND;
  }
  return facts;
}

/** Whether rows of one incarnation with these facts, all together, hold no copies. */
export function haveNoCopies(facts: FileFacts): boolean {
  return facts === NO_ROWS || facts === 1 << SERVER || facts === 1 << BROWSER;
}
