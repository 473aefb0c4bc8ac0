/** SentNames: the names of events and of top-level properties that occur in a batch of events. */

import type { EventColumns } from '../event/columns.ts';
import type { JsonObject } from '../event/event.ts';
import { LIMITS } from '../limits.ts';
import { ownText } from '../std/text.ts';

export const NAME_KINDS = ['event', 'property'] as const;
export type NameKind = (typeof NAME_KINDS)[number];
export type Names = { readonly [kind in NameKind]: ReadonlySet<string> };

export const NO_NAMES: Names = { event: new Set(), property: new Set() };

/** Returns the names that a question may give and that are not known yet. The batch must have names and properties. */
export function unknownNames({ rowCount, strings }: EventColumns, known: Names): Names {
  const found = { event: new Set<string>(), property: new Set<string>() };
  let text: string | null = null;
  for (let row = 0; row < rowCount; row++) {
    keep(found.event, strings.event?.[row] ?? '', known.event);
    const next = strings.properties?.[row] ?? null;
    // Events of one sender often have equal properties.
    if (next === null || next === text) continue;
    text = next;
    for (const name in JSON.parse(text) as JsonObject) keep(found.property, name, known.property);
  }
  return found;
}

/** Stands for names that a database would not keep as they are. No event or property that can be asked for has it. */
export const OTHER_NAMES = '';

/** A name longer than a question may give is not kept. */
function keep(found: Set<string>, name: string, known: ReadonlySet<string>): void {
  if (name === '' || name.length > LIMITS.nameLengthMax || known.has(name)) return;
  const kept = name.isWellFormed() && !name.includes('\0') ? name : OTHER_NAMES;
  if (!known.has(kept) && !found.has(kept)) found.add(ownText(kept));
}
