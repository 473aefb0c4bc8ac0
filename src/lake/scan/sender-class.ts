/**
 * Sender class: what the column `sender` says about whose id a row has, as copies are compared by it (CORRECTNESS I1, B7).
 *
 * A trusted id, of a server key or an import, is one event's in its tenant. Any other is one event's of its device: a browser
 * key's, and that of a row from before classes.
 */
import type { EventColumns } from '../../core/event/columns.ts';

/** Classes as small numbers; those from `SERVER` on are trusted. */
export const UNCLASSED = 0;
export const BROWSER = 1;
export const SERVER = 2;
export const IMPORT = 3;
export type SenderClass = typeof UNCLASSED | typeof BROWSER | typeof SERVER | typeof IMPORT;

const CLASSES: ReadonlyMap<string | null, SenderClass> = new Map<string | null, SenderClass>([
  ['browser', BROWSER],
  ['server', SERVER],
  ['import', IMPORT],
]);

export function isTrusted(senderClass: number): boolean {
  return senderClass >= SERVER;
}

/** Gives the class of each row of the batch. Without the column all rows are from before classes. */
export function senderClasses({
  strings,
  coded,
}: Pick<EventColumns, 'strings' | 'coded'>): (row: number) => SenderClass {
  const texts = coded?.sender;
  if (texts !== undefined) {
    const classes = texts.entries.map(classOf);
    const { codes } = texts;
    return (row) => classes[codes[row]!]!;
  }
  const senders = strings.sender;
  return senders === undefined ? () => UNCLASSED : (row) => classOf(senders[row]!);
}

function classOf(sender: string | null): SenderClass {
  return CLASSES.get(sender) ?? UNCLASSED;
}

/** Numbers of rows that do not count as copies, by the class of the row. */
export interface CopyCounts {
  serverCopies: number;
  importCopies: number;
  browserCopies: number;
  /** All of them, with those from before classes. */
  duplicates: number;
}

export function noCopies(): CopyCounts {
  return { serverCopies: 0, importCopies: 0, browserCopies: 0, duplicates: 0 };
}

export function countCopy(counts: CopyCounts, senderClass: SenderClass): void {
  counts.duplicates++;
  if (senderClass === SERVER) counts.serverCopies++;
  if (senderClass === IMPORT) counts.importCopies++;
  if (senderClass === BROWSER) counts.browserCopies++;
}

export function addCopies(sum: CopyCounts, counts: Readonly<CopyCounts>): void {
  sum.serverCopies += counts.serverCopies;
  sum.importCopies += counts.importCopies;
  sum.browserCopies += counts.browserCopies;
  sum.duplicates += counts.duplicates;
}
