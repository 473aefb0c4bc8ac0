/**
 * Kept sealed cells: what an isolate has decoded of the cells of sealed days. Those of a day's revision never change: a reader learns
 * from the database which revision counts, and reads the cells that it does not know (CORRECTNESS B2).
 *
 * The people of a day, whose hashes the cells list, are most of what a question about sealed days reads.
 */
import { LIMITS } from '../../core/limits.ts';
import { decodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { DayRange } from '../../core/std/day.ts';
import { assert } from '../../core/std/result.ts';
import type { KnownCells, SealedCells } from '../../lake/manifest/cells.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import { SizedCache } from '../../lake/std/sized-cache.ts';
import { cellsSizeBytes } from './kept-block.ts';
import type { KeptOf } from './kept-cells.ts';

/** The cells of the revision of a day that was read last. */
interface Kept {
  readonly key: string;
  readonly cells: RollupCells;
}

/** Memory of an entry beside its cells. */
const ENTRY_SIZE_BYTES = 400;
const GRAINS = ['day', 'hour'] as const;

const memoryOf = isolateMemory((_: D1Database) => new SizedCache<string, Kept>(LIMITS.keptCellsSizeBytesMax));

/** The kept cells of sealed days of one rollup and kind, as one question sees them. */
export class KeptSealed {
  readonly #memory: SizedCache<string, Kept>;
  readonly #name: string;
  readonly #withPeople: boolean;
  /** The cells of the range by their keys. Others may push them out of the memory meanwhile. */
  readonly #known = new Map<string, RollupCells>();

  constructor(db: D1Database, { uid, rollupId, kind }: KeptOf, { dayFrom, dayTo }: DayRange) {
    this.#memory = memoryOf(db);
    this.#name = `${uid} ${rollupId} ${kind}`;
    this.#withPeople = kind === 'people';
    for (let day = dayFrom; day <= dayTo; day++) {
      for (const grain of GRAINS) {
        const kept = this.#memory.get(`${this.#name} ${day} ${grain}`);
        if (kept !== undefined) this.#known.set(kept.key, kept.cells);
      }
    }
  }

  /** The keys of cells that need not be read. */
  get keys(): readonly string[] {
    return [...this.#known.keys()];
  }

  known({ key }: KnownCells): RollupCells {
    const cells = this.#known.get(key);
    assert(cells, 'cells were left out that are not known');
    return cells;
  }

  /** Decodes cells, and keeps them where their key names them. */
  decode({ key, cells: bytes }: SealedCells): RollupCells {
    const cells = decodeRollupCells(bytes, { withPeople: this.#withPeople });
    if (key === undefined) return cells;
    const [day, grain] = key.split(' ');
    this.#memory.set(`${this.#name} ${day} ${grain}`, { key, cells }, ENTRY_SIZE_BYTES + cellsSizeBytes(cells));
    return cells;
  }
}
