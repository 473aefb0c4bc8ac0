/** SentNames: the names of events and of top-level properties that occur in a batch of events. */

import type { EventColumns } from '../event/columns.ts';
import type { JsonObject } from '../event/event.ts';
import { LIMITS } from '../limits.ts';
import { ownText } from '../std/text.ts';

export const NAME_KINDS = ['event', 'property'] as const;
export type NameKind = (typeof NAME_KINDS)[number];
export type Names = { readonly [kind in NameKind]: ReadonlySet<string> };

export const NO_NAMES: Names = { event: new Set(), property: new Set() };

/** Hears of each event of a batch. `properties` is null where it has none; the same object again is the same text again. */
export type SentVisitor = (row: number, event: string, properties: JsonObject | null) => void;

/** Tells several visitors of the events of a batch with names and properties, which are parsed once for all of them. */
export function visitSent({ rowCount, strings }: EventColumns, ...visitors: readonly SentVisitor[]): void {
  let text: string | null = null;
  let properties: JsonObject | null = null;
  for (let row = 0; row < rowCount; row++) {
    const next = strings.properties?.[row] ?? null;
    // Events of one sender often have equal properties.
    if (next !== text) {
      text = next;
      properties = next === null || next === '{}' ? null : (JSON.parse(next) as JsonObject);
    }
    const event = strings.event?.[row] ?? '';
    for (const visit of visitors) visit(row, event, properties);
  }
}

/** The names that a question may give and that are not known yet. */
export class UnknownNames {
  readonly found = { event: new Set<string>(), property: new Set<string>() };
  readonly #known: Names;
  #properties: JsonObject | null = null;

  constructor(known: Names) {
    this.#known = known;
  }

  readonly visit: SentVisitor = (_, event, properties) => {
    keep(this.found.event, event, this.#known.event);
    if (properties === this.#properties) return;
    this.#properties = properties;
    for (const name in properties) keep(this.found.property, name, this.#known.property);
  };
}

/** Stands for names that a database would not keep as they are. No event or property that can be asked for has it. */
export const OTHER_NAMES = '';

/** A name longer than a question may give is not kept. */
function keep(found: Set<string>, name: string, known: ReadonlySet<string>): void {
  if (name === '' || name.length > LIMITS.nameLengthMax || known.has(name)) return;
  const kept = name.isWellFormed() && !name.includes('\0') ? name : OTHER_NAMES;
  if (!known.has(kept) && !found.has(kept)) found.add(ownText(kept));
}
