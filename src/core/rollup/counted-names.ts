/**
 * CountedNames: what the names in a rollup's definition mean where its events are counted.
 *
 * A name means what it means in a question, with one exception: `event` and `type` are counted as the columns, because
 * most questions choose events by them. A question that gives the plain name and one that means the column are both
 * answered by such a rollup. They differ only for an event that has a property of that name: its tuple is `UNCLEAR`,
 * and cells with such a tuple answer nothing, so that the lake does. The same holds for an event whose property with the
 * name of a column is no text: a dimension with such a name holds texts alone, so that it decides every comparison.
 *
 * A rollup without dimensions has no tuple to mark: it serves only questions that mean the column.
 */
import { type Condition, conditionProperties, type PropertyReader } from '../event/condition.ts';
import type { JsonValue } from '../event/event.ts';
import { columnName, isColumn, propertyPlace } from '../event/property.ts';
import { LIMITS } from '../limits.ts';
import type { RollupDefinition } from './rollup.ts';

/** The value of every dimension of an unclear event. It is longer than the text of a dimension can be. */
export const UNCLEAR = '?'.repeat(LIMITS.dimensionValueLengthMax + 1);

const COUNTED_AS_COLUMNS = ['event', 'type'] as const;
type CountedAsColumn = (typeof COUNTED_AS_COLUMNS)[number];

/** A definition as it is evaluated. */
export interface Counted {
  readonly where: Condition | null;
  readonly dimensions: readonly string[];
  /** Tells whether the event's tuple would not tell what a question with the same names means. */
  readonly isUnclear: (read: PropertyReader) => boolean;
}

const countedOf = new WeakMap<RollupDefinition, Counted>();

export function countedNames(rollup: RollupDefinition): Counted {
  const known = countedOf.get(rollup);
  if (known !== undefined) return known;
  const dimensions = rollup.dimensions.map(asColumn);
  const names = dimensions.length === 0 ? [] : plainNames(rollup);
  const texts = dimensions.filter(isColumn);
  const counted = {
    where: rollup.where === undefined ? null : renameProperties(rollup.where, asColumn),
    dimensions,
    isUnclear: (read: PropertyReader) =>
      names.some((name) => read(name) !== read(columnName(name))) || texts.some((name) => !isText(read(name))),
  };
  countedOf.set(rollup, counted);
  return counted;
}

/** The names of the definition that are counted as columns. */
export function plainNames({ where, dimensions }: RollupDefinition): readonly CountedAsColumn[] {
  const names = new Set([...dimensions, ...(where === undefined ? [] : conditionProperties(where))]);
  return COUNTED_AS_COLUMNS.filter((name) => names.has(name));
}

/** Tells whether the dimension holds texts as they came, and never the text of a number or a boolean. */
export function isTextDimension(name: string): boolean {
  return isColumn(name) || propertyPlace(name).in === 'column';
}

/** Returns the definition with the column in place of each plain name: what it meant before it had its present id. */
export function meaningColumns({ where, dimensions, numbers }: RollupDefinition): RollupDefinition {
  const rename = (name: string) => (isColumn(name) ? columnName(name) : name);
  return {
    ...(where && { where: renameProperties(where, rename) }),
    dimensions: dimensions.map(rename),
    numbers: numbers.map(rename),
  };
}

export function renameProperties(condition: Condition, rename: (name: string) => string): Condition {
  if ('and' in condition) return { and: condition.and.map((arm) => renameProperties(arm, rename)) };
  if ('or' in condition) return { or: condition.or.map((arm) => renameProperties(arm, rename)) };
  if ('not' in condition) return { not: renameProperties(condition.not, rename) };
  return 'property' in condition ? { ...condition, property: rename(condition.property) } : condition;
}

function asColumn(name: string): string {
  return isCountedAsColumn(name) ? columnName(name) : name;
}

function isText(value: JsonValue | undefined): boolean {
  return value === undefined || typeof value === 'string';
}

function isCountedAsColumn(name: string): name is CountedAsColumn {
  return COUNTED_AS_COLUMNS.some((each) => each === name);
}
