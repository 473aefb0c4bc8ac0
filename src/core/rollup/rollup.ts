/**
 * Rollup: a definition of counts kept ahead of questions: a filter, up to four dimensions, and measures.
 *
 * Its id is the hash of its definition (not of its name), so an equal definition is the same rollup and a changed one
 * is another. Every rollup counts events and people; `numbers` are the properties whose exact sum, min, max and
 * quantiles are kept beside them.
 *
 * Invariant: `numbers` are ascending and unique in every Rollup, and `dimensions` keep their order in the id: cells of
 * equal ids always mean the same by the same index.
 */
import { z } from 'zod';
import {
  type Condition,
  canonicalCondition,
  conditionCohorts,
  conditionProperties,
  conditionSchema,
} from '../event/condition.ts';
import { measureOfDistinct, measureOfNumber, measureSchema } from '../event/measure.ts';
import { isColumn, isTrait } from '../event/property.ts';
import { LIMITS } from '../limits.ts';
import { hashHex } from '../std/hash.ts';
import { compareCodePoints } from '../std/text.ts';

export interface RollupDefinition {
  readonly where?: Condition;
  /** Property names as in a query (columns, `context.*`, event properties), at most four. */
  readonly dimensions: readonly string[];
  /** Numeric properties that are measured besides count and people. */
  readonly numbers: readonly string[];
  /** Whether events of bots have cells of their own, so that a question may leave them out. Absent when they have not. */
  readonly tellsBots?: true;
}

export interface Rollup extends RollupDefinition {
  /** Hash of the canonical definition, in 16 hex digits. */
  readonly id: string;
  readonly name: string;
}

const propertySchema = z.string().min(1).max(LIMITS.nameLengthMax);

/**
 * Parses a rollup from the wire, `{name, where?, dimensions?, measures?}`. `measures` are as in a query: count and
 * users are always kept, and of the others only the properties matter, which may be given as `numbers` instead.
 */
/** A rollup as it is sent: `allowUnknown` belongs to the request and is not kept. */
export interface NewRollup {
  readonly rollup: Rollup;
  readonly allowUnknown: boolean;
}

export const rollupSchema = z
  .strictObject({
    name: z.string().min(1).max(LIMITS.nameLengthMax),
    where: conditionSchema.optional(),
    dimensions: z
      .array(propertySchema)
      .max(LIMITS.rollupDimensionsMax)
      .refine((names) => new Set(names).size === names.length, 'a dimension is named twice')
      .optional(),
    measures: z.array(measureSchema).max(64).optional(),
    numbers: z.array(propertySchema).max(64).optional(),
    allowUnknown: z
      .boolean()
      .default(false)
      .describe('Whether names may be given that no event has yet. Default: such a name is refused.'),
  })
  .transform(({ name, where, dimensions = [], measures = [], numbers = [], allowUnknown }, context): NewRollup => {
    const measured = measures.flatMap((measure) => measureOfNumber(measure)?.property ?? []);
    const rollup = makeRollup(name, { where, dimensions, numbers: [...measured, ...numbers] });
    if (rollup.numbers.length > LIMITS.rollupNumbersMax) {
      const message = `at most ${LIMITS.rollupNumbersMax} numeric properties, got ${rollup.numbers.length}`;
      context.addIssue({ code: 'custom', path: ['measures'], message });
    }
    const distinct = measures.findIndex((measure) => measureOfDistinct(measure) !== null);
    if (distinct >= 0) {
      const message = 'distinct values are counted when events are read: no rollup has them';
      context.addIssue({ code: 'custom', path: ['measures', distinct], message });
    }
    // Traits and cohorts are as of now: a cell that was counted under them would be of the past.
    const names = [...(where ? conditionProperties(where) : []), ...dimensions, ...rollup.numbers];
    const trait = names.find(isTrait);
    const message = 'is looked up when a question is asked, so no rollup can hold it';
    if (trait !== undefined) context.addIssue({ code: 'custom', path: [], message: `${trait} ${message}` });
    const [cohort] = where ? conditionCohorts(where) : [];
    if (cohort !== undefined) context.addIssue({ code: 'custom', path: ['where'], message: `a cohort ${message}` });
    return { rollup, allowUnknown };
  });

/** Makes a rollup with its id, its numbers ascending and unique. */
export function makeRollup(
  name: string,
  definition: {
    readonly where?: Condition | undefined;
    readonly dimensions?: readonly string[];
    readonly numbers?: readonly string[];
    readonly tellsBots?: true | undefined;
  },
): Rollup {
  const { where, dimensions = [], numbers = [], tellsBots } = definition;
  const sorted = [...new Set(numbers)].sort(compareCodePoints);
  const made = { ...(where && { where }), dimensions, numbers: sorted, ...(tellsBots && { tellsBots }) };
  return { id: rollupId(made), name, ...made };
}

/**
 * Returns the hash of the canonical definition. The order of dimensions counts, that of numbers and of the filter's
 * arms does not. A definition with the plain name of a column has another id than it had while that name meant the
 * column alone: cells of equal ids mean the same.
 */
export function rollupId({ where, dimensions, numbers, tellsBots }: RollupDefinition): string {
  const filter = where === undefined ? 'null' : canonicalCondition(where);
  const sorted = [...new Set(numbers)].sort(compareCodePoints);
  const names = [...dimensions, ...sorted, ...(where === undefined ? [] : conditionProperties(where))];
  const version = names.some(isColumn) ? ',"names":2' : '';
  const fields = `"where":${filter},"dimensions":${JSON.stringify(dimensions)},"numbers":${JSON.stringify(sorted)}`;
  return hashHex(`{${fields}${version}${tellsBots ? ',"tellsBots":true' : ''}}`);
}

/** Returns the rollup with cells of their own for events of bots: another one, with its own id. */
export function tellingBots({ name, ...definition }: Rollup): Rollup {
  return makeRollup(name, { ...definition, tellsBots: true });
}

/** Built-in rollups that do not tell bots apart: those of tenants that are older than the others. */
export const DEFAULT_ROLLUPS: readonly Rollup[] = [
  makeRollup('events', { dimensions: ['event'] }),
  makeRollup('pages', { where: { property: 'type', op: 'eq', value: 'page' }, dimensions: ['path'] }),
  makeRollup('traffic', { dimensions: ['referrer_domain', 'utm_source'] }),
  makeRollup('places', { dimensions: ['country', 'device'] }),
  makeRollup('people', {}),
];

/** The built-in rollups of tenants who chose whether their questions count bots, as every new tenant does. */
export const BOT_ROLLUPS: readonly Rollup[] = DEFAULT_ROLLUPS.map(tellingBots);
