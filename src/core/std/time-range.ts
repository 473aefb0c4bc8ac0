/** TimeRange: the instants from `startMs` on and before `endMs`, in milliseconds since the epoch. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}
