/**
 * DemoState: what a demo has done so far, in a file beside the state of its stack, so that the next run goes on with the same
 * shop and sends nothing twice that would count twice.
 *
 * History is sent in parts, each an import of its own. A part is noted before it is sent: sent again after an interruption, it
 * has the same events in the same chunks.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DAY_MS } from '../../core/limits.ts';
import type { DemoOptions } from './options.ts';

export interface HistoryPart {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  isSent: boolean;
}

export interface DemoState {
  readonly seed: string;
  /** The time of the first run, on which the story hangs. */
  readonly anchorMs: number;
  readonly visitsPerDay: number;
  readonly parts: HistoryPart[];
  /** Whether boards, annotations and saved questions are there, and the late events of the outage are sent. */
  isSetUp: boolean;
  /** Everything live before it was sent; null before the first live event. */
  liveUntilMs: number | null;
}

/** The first part that is sent holds these days, so that charts have something to show soon. */
const FIRST_DAYS = 31;
/** A pause of the demo that is not worth a part of its own. */
const PAUSE_MS_MAX = 60_000;

/** The kept state, or a new one; with a part for the time since the last run. */
export function openState(file: string, { seed, days, visitsPerDay }: DemoOptions, nowMs: number): DemoState {
  const state = readState(file) ?? newState({ seed, visitsPerDay, days }, nowMs);
  const untilMs = Math.max(state.liveUntilMs ?? 0, ...state.parts.map(({ endMs }) => endMs));
  if (nowMs - untilMs > PAUSE_MS_MAX) {
    state.parts.push({ name: `since-${untilMs.toString(36)}`, startMs: untilMs, endMs: nowMs, isSent: false });
  }
  writeState(file, state);
  return state;
}

export function writeState(file: string, state: DemoState): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.draft`, JSON.stringify(state, null, 2));
  renameSync(`${file}.draft`, file);
}

export function stateFileOf(stateFolder: string): string {
  return join(stateFolder, 'shop.json');
}

function newState(
  { seed, visitsPerDay, days }: Pick<DemoOptions, 'seed' | 'visitsPerDay' | 'days'>,
  nowMs: number,
): DemoState {
  const today = nowMs - (nowMs % DAY_MS);
  const startMs = today - days * DAY_MS;
  const middleMs = Math.max(startMs, today - FIRST_DAYS * DAY_MS);
  const recent = { name: 'recent', startMs: middleMs, endMs: nowMs, isSent: false };
  const earlier = { name: 'earlier', startMs, endMs: middleMs, isSent: false };
  const parts = middleMs === startMs ? [recent] : [recent, earlier];
  return { seed, anchorMs: nowMs, visitsPerDay, parts, isSetUp: false, liveUntilMs: null };
}

function readState(file: string): DemoState | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
