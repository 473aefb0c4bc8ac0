// Targets: what a run should hold, with what it got. The targets that the product does not meet yet are listed with their
// figures: a target that begins to hold leaves the list, and none may become worse.

import { type Asked, QUESTION_COUNT } from './load/asking.ts';
import type { LoadResult } from './load/load.ts';

export interface Target {
  readonly name: string;
  readonly got: number;
  /** The greatest value that keeps it. */
  readonly wanted: number;
  readonly unit: string;
  /** What else there is to know about the value. */
  readonly note?: string;
  /** True when the value is of CPU time, which others on the same cores disturb. */
  readonly isTimed?: boolean;
}

const MB = 1_000_000;
const HOURS_LATE = 2;
const QUESTION_BYTES = 10 * MB;
const QUESTION_MS = 300;
const D1_BYTES_PER_EVENT = 6;
const AGAIN_PER_FIRST = 3;

export function isKept({ got, wanted }: Target): boolean {
  return got <= wanted;
}

export function targetsOf(result: LoadResult): Target[] {
  if (result.isPressed) return limitTargets(result);
  return [...endTargets(result), ...limitTargets(result), ...sealTargets(result), ...questionTargets(result)];
}

function endTargets({ cutAtMs, events, accepted, atRest, violations, errors }: LoadResult): Target[] {
  const [[where, , text] = ['', 0, '']] = errors;
  const errorCount = errors.reduce((sum, [, count]) => sum + count, 0);
  return [
    { name: 'run cut off for its time', got: cutAtMs === null ? 0 : 1, wanted: 0, unit: '' },
    {
      name: 'rules broken',
      got: violations.length,
      wanted: 0,
      unit: '',
      ...(violations[0] && { note: violations[0] }),
    },
    { name: 'errors logged', got: errorCount, wanted: 0, unit: '', ...(where && { note: text }) },
    { name: 'events not accepted', got: events - accepted, wanted: 0, unit: '' },
    {
      name: 'events not sealed',
      got: Math.abs(accepted - atRest.sealedEvents - atRest.waitingEvents),
      wanted: 0,
      unit: '',
    },
    { name: 'D1 at rest', got: atRest.d1BytesPerEvent, wanted: D1_BYTES_PER_EVENT, unit: 'bytes an event' },
    { name: 'L0 files left', got: atRest.l0Files, wanted: 0, unit: '' },
  ];
}

function limitTargets({ usages }: LoadResult): Target[] {
  return usages.map(([name, { value, where, breaches }, { bound, unit }]) => ({
    name,
    got: value,
    wanted: bound,
    unit,
    note: `${breaches > 0 ? `exceeded ${breaches} times, ` : ''}${where.replaceAll(/\s+/g, ' ').slice(0, 70)}`,
    ...(unit === 'ms' && { isTimed: true }),
  }));
}

function sealTargets({ seals }: LoadResult): Target[] {
  return [
    { name: 'first seal after its due time', got: seals.hoursLate, wanted: HOURS_LATE, unit: 'hours' },
    { name: 'days without a seal', got: seals.daysUnsealed, wanted: 0, unit: '' },
    { name: 'work of further seals', got: seals.againPerFirst, wanted: AGAIN_PER_FIRST, unit: 'first seals' },
  ];
}

function questionTargets({ asked }: LoadResult): Target[] {
  const missing = { name: 'questions not asked', got: QUESTION_COUNT - asked.length, wanted: 0, unit: '' };
  return [missing, ...asked.flatMap(questionTarget)];
}

function questionTarget({ name, bytes, bytesBy, elapsedMs, refused }: Asked): Target[] {
  const stores = Object.entries(bytesBy).map(([store, size]) => `${store} ${(size / MB).toFixed(1)} MB`);
  const got = (value: number) => (refused === null ? value : Number.POSITIVE_INFINITY);
  return [
    {
      name: `${name}: read`,
      got: got(bytes),
      wanted: QUESTION_BYTES,
      unit: 'bytes',
      note: refused ?? stores.join(', '),
    },
    { name: `${name}: time`, got: got(elapsedMs), wanted: QUESTION_MS, unit: 'ms', isTimed: true },
  ];
}

export function tableOf(targets: readonly Target[]): string {
  const rows = targets.map((target) => [
    target.name,
    numberText(target.got),
    `≤ ${numberText(target.wanted)}`,
    target.unit,
    isKept(target) ? 'ok' : 'MISSED',
    target.note ?? '',
  ]);
  const all = [['target', 'got', 'wanted', '', '', ''], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const pad = (text: string, i: number) =>
    i === 1 || i === 2 ? text.padStart(widths[i]!) : text.padEnd(widths[i] ?? 0);
  return all.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'refused';
  return Number.isInteger(value) || value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
