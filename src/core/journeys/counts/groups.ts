/**
 * Groups: the breakdown of an answer: the largest groups by their size, ties by key, and the rest together as `other`.
 */
import { z } from 'zod';
import type { JourneyQuestion } from '../kit/request.ts';
import type { TextCodes } from '../kit/text-codes.ts';

const groupKeySchema = z.object({
  key: z.record(z.string(), z.string().nullable()).describe('The property and its value; null when it has none.'),
  other: z
    .literal(true)
    .optional()
    .describe('Present on the group that has everything beyond `top`; it is always the last one.'),
});
type GroupKey = z.output<typeof groupKeySchema>;

/** The schema of an answer: `table` for the whole and again for each group, and the fields `whole` that groups lack. */
export function groupedAnswer<Table extends z.ZodRawShape, Whole extends z.ZodRawShape>(table: Table, whole: Whole) {
  return z.object({
    ...table,
    ...whole,
    groups: z
      .array(z.object({ ...groupKeySchema.shape, ...table }))
      .optional()
      .describe('One for each value of the breakdown; absent without `groupBy`.'),
  });
}

/** The size of every group that occurred, by the code of its text. */
export type GroupSizes = ReadonlyMap<number, number>;

/**
 * The groups of an answer with the table of each; no field without a breakdown. `tables` makes one for each lot of
 * codes.
 */
export function groupsField<Table extends object>(
  { groupBy, top }: JourneyQuestion,
  texts: TextCodes,
  sizes: GroupSizes,
  tables: (lots: readonly (readonly number[])[]) => readonly Table[],
): { groups?: (GroupKey & Table)[] } {
  if (groupBy === null) return {};
  const { lots, hasOther } = rankGroups(sizes, texts, top);
  const groups = tables(lots).map((table, index) => {
    const isOther = hasOther && index === lots.length - 1;
    const value = isOther ? null : texts.text(lots[index]![0]!);
    return { key: { [groupBy]: value }, ...(isOther && { other: true as const }), ...table };
  });
  return { groups };
}

export interface RankedGroups {
  /**
   * The codes of each group that is listed, the largest first. The last lot has all remaining codes when there is
   * `other`.
   */
  readonly lots: readonly (readonly number[])[];
  readonly hasOther: boolean;
}

export function rankGroups(sizes: GroupSizes, texts: TextCodes, top: number): RankedGroups {
  const codes = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || texts.compare(a, b));
  const lots: number[][] = codes.slice(0, top).map((code) => [code]);
  const rest = codes.slice(top);
  if (rest.length > 0) lots.push(rest);
  return { lots, hasOther: rest.length > 0 };
}
