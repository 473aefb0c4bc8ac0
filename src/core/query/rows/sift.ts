/** Sift: the rows of a batch that meet a condition, found before anything else is done with a row. */

import type { CodedTexts } from '../../event/columns.ts';
import type { Condition } from '../../event/condition.ts';
import { canonicalCondition } from '../../event/condition.ts';

/** Returns the rows that pass the test, in their order. */
export function siftRows(test: (row: number) => boolean, rows: Uint32Array): Uint32Array {
  const passed = new Uint32Array(rows.length);
  let count = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    if (test(row)) passed[count++] = row;
  }
  return passed.subarray(0, count);
}

/** Returns the rows whose entry is marked with 1, in their order. */
export function siftCoded({ codes }: CodedTexts, rows: Uint32Array, marks: Uint8Array): Uint32Array {
  if (!marks.includes(0)) return rows;
  if (!marks.includes(1)) return NO_ROWS;
  const passed = new Uint32Array(rows.length);
  let count = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    passed[count] = row;
    count += marks[codes[row]!]!;
  }
  return passed.subarray(0, count);
}

const NO_ROWS = new Uint32Array();

/** Returns the condition without what is in `common`; null when nothing is left. Both are of one form (commonCondition). */
export function withoutCommon(condition: Condition | null, common: Condition | null): Condition | null {
  const known = conjunctsByText(common);
  const left = [...conjunctsByText(condition)].filter(([text]) => !known.has(text)).map(([, inner]) => inner);
  return left.length === 0 ? null : { and: left };
}

/** Returns the condition that all of these have in common by their form; null when there is none, or one has none. */
export function commonCondition(conditions: readonly (Condition | null)[]): Condition | null {
  const [first, ...others] = conditions.map(conjunctsByText);
  const common = [...(first ?? [])].filter(([text]) => others.every((conjuncts) => conjuncts.has(text)));
  return common.length === 0 ? null : { and: common.map(([, condition]) => condition) };
}

function conjunctsByText(condition: Condition | null): Map<string, Condition> {
  if (condition === null) return new Map();
  if ('and' in condition) return new Map(condition.and.flatMap((inner) => [...conjunctsByText(inner)]));
  return new Map([[canonicalCondition(condition), condition]]);
}
