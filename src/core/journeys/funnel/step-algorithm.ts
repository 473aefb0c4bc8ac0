/** StepAlgorithm: follows the steps of one person at a time: the distance they get, and the time they take. */
import type { Sequences } from '../kit/sequences.ts';
import type { ChainTimes } from './funnel-chain.ts';

/** Follows the events [from, to) of one person by their instants and masks alone. */
export interface MaskAlgorithm {
  /** The result of the last call of `time`. */
  readonly times: ChainTimes;
  /** The last step reached; 0 when none is. */
  reach(at: Float64Array, codes: Uint32Array, from: number, to: number): number;
  /** Writes into `times` how long the steps up to `target` take. */
  time(at: Float64Array, codes: Uint32Array, from: number, to: number, target: number): void;
}

/** Follows the events [from, to) of one person by everything that is kept of them. */
export interface StepAlgorithm {
  readonly times: ChainTimes;
  reach(people: Sequences, from: number, to: number): number;
  time(people: Sequences, from: number, to: number, target: number): void;
  /** Whether the event can belong to the earliest anchor of the last call of `time`, if it is at its instant. */
  isOfAnchor(people: Sequences, row: number): boolean;
}
