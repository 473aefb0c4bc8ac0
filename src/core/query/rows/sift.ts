/** Sift: the rows of a batch that meet a condition, found before anything else is done with a row. */
import type { Condition } from '../../event/condition.ts';
import { canonicalCondition } from '../../event/condition.ts';
import type { RowTest } from './row-source.ts';

/** Returns the rows that pass the test, in their order. */
export function siftRows(test: RowTest, rows: Uint32Array): Uint32Array {
  const passed = new Uint32Array(rows.length);
  let count = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    if (test(row)) passed[count++] = row;
  }
  return passed.subarray(0, count);
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
