/**
 * Seal plan: the inputs of one revision of a day, decided once from the state of the manifest at one moment.
 *
 * in: the day's state in D1 · out: a plan, or that there is nothing to do
 *
 * Planning is pure; the plan row makes a plan binding. A second seal adopts the plan of the first, and a seal that died is
 * resumed with the same inputs (CORRECTNESS B1). The plan hash names the L1 files, so that equal plans write equal names and
 * another plan can never touch them.
 */
import { LIMITS } from '../../core/limits.ts';
import type { Rollup } from '../../core/rollup/rollup.ts';
import { hashHex } from '../../core/std/hash.ts';
import type { Drift, SealedDay, SealVector } from '../manifest/sealed-days.ts';
import { rangeCountOf } from '../spread/people-ranges.ts';
import { stretchEnds } from '../spread/stretches.ts';

/** A segment with rows of the day, or a file of the day's ground. */
export interface DayInput {
  readonly manifestSeq: number;
  readonly path: string;
  readonly source: 'flush' | 'import' | 'seal';
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly rollupIds: readonly string[];
  readonly sizeBytes: number;
  /** Rows of this day. */
  readonly rowCount: number;
  readonly uncounted: number;
}

/**
 * The ground of a day: a seal of it that holds nothing an undo could take. What it covers is read from its files, and may be
 * gone otherwise (CORRECTNESS L2).
 */
export interface Ground {
  readonly revision: number;
  /** The ground's covered_seq. */
  readonly seq: number;
  readonly drift: Drift;
}

/** The state of a day in the manifest, read in one transaction. */
export interface DayState {
  readonly sealed: SealedDay | null;
  /** Null while nothing of the day may be collected. */
  readonly ground: Ground | null;
  /** The files of the ground, and the segments beyond it. */
  readonly inputs: readonly DayInput[];
  /** Incarnation → the seq below which everything is stored. It is a flush boundary, because flushes come in order. */
  readonly vector: SealVector;
  /** The greatest manifest_seq at that moment: everything up to it was seen. */
  readonly headSeq: number;
  /** Names of events that have expired by the day. */
  readonly expired: readonly string[];
  /** The tenant's latest supersession of an import's version at that moment; 0 when there was none. */
  readonly supersededSeq: number;
  /** Whether something of the seal was superseded since. */
  readonly isVoid: boolean;
  /** Whether a plan of the day waits for its flip. */
  readonly isPlanned: boolean;
}

export interface SealPlan {
  readonly uid: string;
  readonly day: number;
  readonly revision: number;
  readonly coveredSeq: number;
  readonly vector: SealVector;
  /** The manifest_seq of each input, in the order that decides between copies of an event: by incarnation, then seq. */
  readonly inputs: readonly number[];
  readonly rollups: readonly Rollup[];
  /** The live count and the vector of the seal before this one, whose parts may be gone by now; null for a first seal. */
  readonly base: { readonly live: number; readonly vector: SealVector } | null;
  /** People ranges of the day. Where there are several, each is a task, and so is each part of the ids. */
  readonly bucketCount: number;
  readonly idPartCount: number;
  /** Where each stretch of the inputs ends, exclusive; absent of a day of one range, and in plans from before stretches. */
  readonly stretches?: readonly number[];
  /** Names of events that are left out; absent in plans from before expiry existed. */
  readonly expired?: readonly string[];
  /** The inputs lack what was superseded up to here; absent in plans from before imports had versions. */
  readonly supersededSeq?: number;
  /** The seal whose files are among the inputs; absent without one. */
  readonly ground?: Ground;
}

/** The reason why there is nothing to do: no segment has rows of the day, or the current revision covers them all. */
export type NothingToSeal = 'empty' | 'clean';

export function planSeal(
  uid: string,
  day: number,
  state: DayState,
  rollups: readonly Rollup[],
): SealPlan | NothingToSeal {
  const { sealed, ground, inputs, vector, headSeq, expired, supersededSeq, isVoid, isPlanned } = state;
  // A day that an undo has emptied is sealed without events: its old seal does not count, and must not stay dirty. One that has a
  // plan goes on with it: what the plan names is collected only after another one was flipped.
  if (inputs.length === 0 && !isVoid && !isPlanned && ground === null) return 'empty';
  const isUpToDate = sealed !== null && !isVoid && !isDirty(sealed, inputs);
  if (isUpToDate && hasRollups(sealed, rollups) && lacks(sealed, expired)) return 'clean';
  const rowCount = rowCountOf(inputs);
  const bucketCount = rangeCountOf(rowCount);
  const ordered = [...inputs].sort(compareInputs);
  return {
    uid,
    day,
    revision: (sealed?.revision ?? 0) + 1,
    // The head goes back when the newest segments are collected.
    coveredSeq: Math.max(headSeq, sealed?.coveredSeq ?? 0),
    vector,
    inputs: ordered.map(({ manifestSeq }) => manifestSeq),
    rollups,
    base: sealed === null ? null : { live: sealed.drift.live, vector: sealed.vector },
    bucketCount,
    idPartCount: Math.max(1, Math.ceil(rowCount / LIMITS.sealIdsMax)),
    ...(bucketCount > 1 && { stretches: stretchEnds(ordered) }),
    expired,
    supersededSeq,
    ...(ground && { ground }),
  };
}

export function rowCountOf(inputs: readonly DayInput[]): number {
  return inputs.reduce((sum, { rowCount }) => sum + rowCount, 0);
}

/** There is no dirty flag (CORRECTNESS B3). */
function isDirty(sealed: SealedDay, inputs: readonly DayInput[]): boolean {
  return inputs.some(({ manifestSeq }) => manifestSeq > sealed.coveredSeq);
}

function hasRollups(sealed: SealedDay, rollups: readonly Rollup[]): boolean {
  const known = new Set(sealed.rollupIds);
  return rollups.every(({ id }) => known.has(id));
}

/** Whether the seal has left out all of these names. */
export function lacks({ expired }: Pick<SealedDay, 'expired'>, names: readonly string[]): boolean {
  return names.every((name) => expired.includes(name));
}

/** The ground's files come first: its rows are the oldest, and a copy of theirs was dropped by the seal already. */
function compareInputs(a: DayInput, b: DayInput): number {
  if ((a.source === 'seal') !== (b.source === 'seal')) return a.source === 'seal' ? -1 : 1;
  if (a.incarnation !== b.incarnation) return a.incarnation < b.incarnation ? -1 : 1;
  return a.seqFrom - b.seqFrom || a.manifestSeq - b.manifestSeq;
}

/** Rows of the ground's files, which are numbered before all others. */
export function groundRowCountOf(inputs: readonly DayInput[]): number {
  return rowCountOf(inputs.filter(({ source }) => source === 'seal'));
}

/** 16 hex digits that name a plan, from the text that is stored: JSON with keys in the order of `SealPlan`. */
export function planHash(planText: string): string {
  return hashHex(planText);
}

/** The rollup that counts every event and person of a day, by which drift is measured: no filter, no dimensions. */
export function findPeopleRollup(rollups: readonly Rollup[]): Rollup | undefined {
  return rollups.find(({ where, dimensions }) => where === undefined && dimensions.length === 0);
}

/** Whether a flush is covered by the plan and was not by the seal before it. */
export function isNewlyCovered(
  { vector, base }: SealPlan,
  flush: { readonly incarnation: string; readonly seqFrom: number; readonly seqTo: number },
): boolean {
  const { incarnation, seqFrom, seqTo } = flush;
  return seqFrom >= (base?.vector[incarnation] ?? 0) && seqTo <= (vector[incarnation] ?? 0);
}
