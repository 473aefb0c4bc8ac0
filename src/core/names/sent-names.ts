/** SentNames: the names of events and of top-level properties that occur in a batch of events. */

import type { EventColumns } from '../event/columns.ts';
import { LIMITS } from '../limits.ts';
import { ownText } from '../std/text.ts';
import { type SentShape, SentShapes } from './sent-shapes.ts';

export const NAME_KINDS = ['event', 'property'] as const;
export type NameKind = (typeof NAME_KINDS)[number];
export type Names = { readonly [kind in NameKind]: ReadonlySet<string> };

export const NO_NAMES: Names = { event: new Set(), property: new Set() };

/** Hears of each event of a batch. `isKnown`: the event of that name before it had the same shape. */
export type SentVisitor = (row: number, shape: SentShape, isKnown: boolean) => void;

/** Tells several visitors of the names of the events of a batch and of their properties, which are read once for all of them. */
export function visitSent({ rowCount, strings }: EventColumns, ...visitors: readonly SentVisitor[]): void {
  const shapes = new SentShapes();
  for (let row = 0; row < rowCount; row++) {
    const { shape, isKnown } = shapes.find(strings.event?.[row] ?? '', strings.properties?.[row] ?? null);
    for (const visit of visitors) visit(row, shape, isKnown);
  }
}

/** The names that a question may give and that are not known yet. */
export class UnknownNames {
  readonly found = { event: new Set<string>(), property: new Set<string>() };
  readonly #known: Names;

  constructor(known: Names) {
    this.#known = known;
  }

  readonly visit: SentVisitor = (_, { event, members }, isKnown) => {
    if (isKnown) return;
    keep(this.found.event, event, this.#known.event);
    for (const { name } of members) keep(this.found.property, name, this.#known.property);
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
