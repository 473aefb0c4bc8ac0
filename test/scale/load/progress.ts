// Progress: how far a run has come, and whether it has used its CPU time.

import { cpuTimeMs } from '../platform/owners.ts';

export interface Progress {
  readonly name: string;
  /** Virtual hours since the traffic began, and until the run ends. */
  readonly hours: number;
  readonly hoursTotal: number;
  /** Events sent so far, at full scale. */
  readonly events: number;
  readonly cpuMs: number;
}

/** Steps between two readings of the CPU time, which costs more than most steps. */
const STEPS_PER_READING = 256;

/** Whether the process has used more CPU time, asked at each step. */
export function overCpu(cpuMsMax: number): () => boolean {
  let steps = 0;
  let isOver = false;
  return () => {
    isOver ||= steps++ % STEPS_PER_READING === 0 && cpuTimeMs() > cpuMsMax;
    return isOver;
  };
}
