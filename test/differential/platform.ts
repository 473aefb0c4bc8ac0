// Platform: the contract of the two systems that the differential test drives: the same product on two platforms under
// the same clock, which must give equal answers to equal calls.

import type { WireRequest } from './stream.ts';

export interface Verdict {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly rejected: number;
}

/** The part of an answer that must not depend on the platform. */
export interface Answer {
  readonly series: unknown;
  readonly complete: boolean;
  readonly pending: number;
}

/** A sealed day as the manifest has it. */
export interface SealedDay {
  readonly day: number;
  readonly events: number;
  readonly people: number;
  readonly drift: string;
}

/** One tenant of one seed. Each call happens at `nowMs`, which only grows. */
export interface Tenancy {
  send(request: WireRequest, nowMs: number): Promise<Verdict>;
  /** The answers in the order of the questions. */
  ask(questions: readonly object[], nowMs: number): Promise<readonly Answer[]>;
  /** Cuts and stores all events. */
  store(nowMs: number): Promise<void>;
  seal(days: readonly number[], nowMs: number): Promise<readonly SealedDay[]>;
  close(): Promise<void>;
}

export interface TenancyOptions {
  readonly seed: number;
  readonly shardCount: number;
  readonly startMs: number;
}

/** The tenant of a seed: equal pseudonyms on both platforms, and so equal shards and sketches. */
export function tenantOf(seed: number): { readonly uid: string; readonly hashKey: string; readonly region: string } {
  return { uid: `t${seed}`, hashKey: String(seed).padStart(32, 'a'), region: 'weur' };
}

export const SEALED_DAYS = 'SELECT day, events, people, drift FROM sealed_days WHERE uid = ? ORDER BY day';

/** The location and the browser of every request, on both platforms. */
export const CF = { continent: 'EU', country: 'DE' };
export const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';
