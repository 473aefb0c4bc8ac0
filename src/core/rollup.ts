/**
 * Rollup: a definition of what is counted ahead of questions: a filter, up to four dimensions, and measures.
 *
 * Its id is the hash of its definition (not of its name), so an equal definition is the same rollup and a changed one is
 * another. Every rollup counts events and people; `numbers` are the properties whose exact sum, min, max and quantiles
 * are kept beside them.
 */
import type { Condition } from './condition.ts';

export interface RollupDefinition {
  readonly where?: Condition;
  /** Property names as in a query (columns, `context.*`, event properties), at most four. */
  readonly dimensions: readonly string[];
  /** Numeric properties measured besides count and people. */
  readonly numbers: readonly string[];
}

export interface Rollup extends RollupDefinition {
  /** 16 hex digits: hash of the canonical definition. */
  readonly id: string;
  readonly name: string;
}
