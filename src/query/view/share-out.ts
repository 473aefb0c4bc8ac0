/**
 * ShareOut: divides the files and days of a view between scanners and the query itself.
 *
 * Rendezvous hashing assigns a file, or a day whose copies must be compared, to a scanner: the scanner with the greatest hash
 * of both names takes it if it has room. So a file is nearly always read by the same scanner, which caches it, and another
 * size of the pool moves few files. Days with events that a shard still holds stay with the query, which has those events.
 */
import { LIMITS } from '../../core/limits.ts';
import { dayOf, dayRange } from '../../core/std/day.ts';
import { hashHex } from '../../core/std/hash.ts';
import type { ScanSegment } from '../../lake/scan/scan.ts';
import type { LakeView } from './lake-view.ts';

export interface SharedScan {
  /** Scanner → its share, which is never empty. */
  readonly shares: ReadonlyMap<number, readonly ScanSegment[]>;
  /** The query's own share, beside the tails. */
  readonly own: readonly ScanSegment[];
}

/** null when sharing would save less than it costs to hand shares out. */
export function shareOut(view: LakeView, scannerCount: number): SharedScan | null {
  const { units, own } = unitsOf(view);
  const sharedRowCount = [...units.values()].reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (sharedRowCount < LIMITS.scanSharedRowsMin) return null;
  const shares = Array.from({ length: scannerCount }, () => new Lot());
  for (const [name, unit] of units) {
    // A full scanner leaves the unit to the next in rank; a unit too big for any scanner stays with the query.
    const hasRoom = (scanner: number) => shares[scanner]!.rowCount + unit.rowCount <= LIMITS.scannerRowsMax;
    const scanner = scannersFor(name, scannerCount).find(hasRoom);
    const taker = scanner === undefined ? own : shares[scanner]!;
    for (const segment of unit.segments) taker.add(segment, segment.days);
  }
  const filled = shares.map(({ segments }, scanner) => [scanner, segments] as const);
  return { shares: new Map(filled.filter(([, segments]) => segments.length > 0)), own: own.segments };
}

/**
 * The units that can be handed out, by name, and the rest, which stays with the query. A day with rows from flushes or
 * imports is one unit, because its copies are compared; of other days each file is a unit.
 */
function unitsOf({ segments, tails, startMs, endMs }: LakeView): { units: ReadonlyMap<string, Lot>; own: Lot } {
  const { dayFrom, dayTo } = dayRange({ startMs, endMs });
  const tailDays = new Set(tails.flatMap(({ columns }) => Array.from(columns.at, dayOf)));
  const unsealed = segments.filter(({ source }) => source !== 'seal');
  const mixedDays = new Set(unsealed.flatMap(({ days }) => days.map(({ day }) => day)));
  const own = new Lot();
  const units = new Map<string, Lot>();
  for (const segment of segments) {
    for (const counted of segment.days) {
      const { day } = counted;
      if (day < dayFrom || day > dayTo) continue;
      const name = mixedDays.has(day) ? `day ${day}` : segment.path;
      const lot = tailDays.has(day) ? own : (units.get(name) ?? new Lot());
      if (lot !== own) units.set(name, lot);
      lot.add(segment, [counted]);
    }
  }
  return { units, own };
}

/** Segments with some of their days; the days of one segment are read together. */
class Lot {
  readonly #byPath = new Map<string, ScanSegment & { readonly days: ScanSegment['days'][number][] }>();
  rowCount = 0;

  get segments(): readonly ScanSegment[] {
    return [...this.#byPath.values()];
  }

  add(segment: ScanSegment, days: ScanSegment['days']): void {
    const known = this.#byPath.get(segment.path);
    if (known === undefined) this.#byPath.set(segment.path, { ...segment, days: [...days] });
    else known.days.push(...days);
    for (const { rowCount } of days) this.rowCount += rowCount;
  }
}

/** All scanners by their rank for a file or a day, the first choice first. */
export function scannersFor(name: string, scannerCount: number): number[] {
  const hashes = Array.from({ length: scannerCount }, (_, scanner) => hashHex(`${scanner} ${name}`));
  return [...hashes.keys()].sort((a, b) => (hashes[a]! < hashes[b]! ? 1 : -1));
}
