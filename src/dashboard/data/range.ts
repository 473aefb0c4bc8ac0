/**
 * Range: the span of time of a page, kept in the URL as `r`, and the earlier span that it is compared with, kept as `c`.
 *
 * A range that has not ended goes up to the present minute, so that its comparison is with a span of the same length:
 * half of today is compared with the same half of yesterday.
 */
import { computed, signal } from '@preact/signals';
import { DAY_MS, HOUR_MS } from '../../core/limits.ts';
import { params } from './router.ts';
import { timezone } from './session.ts';
import { addDays, addMonths, dateIn, endOfMinute, startOfDate } from './zone.ts';

export type Interval = 'minute' | 'hour' | 'day' | 'week' | 'month';
export type Comparison = 'previous' | 'year' | 'none';

export interface Range {
  /** The value of the parameter `r`. */
  readonly id: string;
  readonly label: string;
  /** As questions take them: a date of the tenant's zone, or an instant. */
  readonly from: string;
  readonly to: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Whether the range goes up to now. */
  readonly isOpen: boolean;
  /** The interval of charts, unless another is chosen. */
  readonly interval: Interval;
  /** The distance to the period before, as `compare.offset` takes it. */
  readonly offset: string;
}

export const RANGE_CHOICES: readonly { readonly id: string; readonly label: string }[] = [
  { id: 'hour', label: 'Last 60 minutes' },
  { id: 'today', label: 'Today' },
  { id: 'yesterday', label: 'Yesterday' },
  { id: '7d', label: 'Last 7 days' },
  { id: '30d', label: 'Last 30 days' },
  { id: '90d', label: 'Last 90 days' },
  { id: 'month', label: 'This month' },
  { id: 'lastmonth', label: 'Last month' },
  { id: '12m', label: 'Last 12 months' },
];
export const COMPARISON_LABELS: Readonly<Record<Comparison, string>> = {
  previous: 'period before',
  year: 'year before',
  none: 'nothing',
};
const DEFAULT_RANGE = '7d';

/** The present minute: a range that goes up to now moves on with it. */
export const nowMs = signal(Date.now());

/** Moves the present minute on while the page is shown. */
export function followClock(): void {
  setInterval(() => {
    if (!document.hidden && endOfMinute(Date.now()) !== endOfMinute(nowMs.value)) nowMs.value = Date.now();
  }, 5_000);
}

export const range = computed<Range>(() => {
  const id = params.value.get('r') ?? DEFAULT_RANGE;
  return resolveRange(id, timezone.value, nowMs.value) ?? resolveRange(DEFAULT_RANGE, timezone.value, nowMs.value)!;
});
export const comparison = computed<Comparison>(() => {
  const text = params.value.get('c');
  return text === 'year' || text === 'none' ? text : 'previous';
});
/** The `compare` of questions; undefined without a comparison. */
export const compare = computed(() => {
  if (comparison.value === 'none') return undefined;
  return { offset: comparison.value === 'year' ? '12 months' : range.value.offset };
});

/** Returns the range of an id; null when it is none. */
export function resolveRange(id: string, zone: string, now: number): Range | null {
  const today = dateIn(zone, now);
  const label = RANGE_CHOICES.find((choice) => choice.id === id)?.label;
  const build = (from: string, before: string, offset: string, own = label) =>
    buildRange({ id, label: own ?? labelOfDates(from, addDays(before, -1)), from, to: before, offset }, zone, now);
  if (id === 'hour') return lastHour(id, now);
  if (id === 'today') return build(today, addDays(today, 1), '1 day');
  if (id === 'yesterday') return build(addDays(today, -1), today, '1 day');
  if (id === 'month') return build(`${today.slice(0, 7)}-01`, addDays(today, 1), '1 month');
  if (id === 'lastmonth') id = addMonths(today, -1).slice(0, 7);
  if (id === '12m') return build(`${addMonths(today, -11).slice(0, 7)}-01`, addDays(today, 1), '12 months');
  const days = /^(\d{1,4})d$/.exec(id)?.[1];
  if (days) {
    const count = Math.min(1_800, Math.max(1, Number(days)));
    return build(addDays(today, 1 - count), addDays(today, 1), `${count} days`, label ?? `Last ${count} days`);
  }
  if (isDate(`${id}-01`)) {
    const from = `${id}-01`;
    return build(from, addMonths(from, 1), '1 month', label ?? monthLabel(id));
  }
  return customRange(id, zone, now);
}

/** `2026-11-01..2026-11-07`, both included, or two instants. */
function customRange(id: string, zone: string, now: number): Range | null {
  const [from = '', last = ''] = id.split('..');
  if (isDate(from) && isDate(last) && from <= last) {
    const before = addDays(last, 1);
    const days = (Date.parse(before) - Date.parse(from)) / DAY_MS;
    return buildRange({ id, label: labelOfDates(from, last), from, to: before, offset: `${days} days` }, zone, now);
  }
  const startMs = Date.parse(from);
  const endMs = Date.parse(last);
  if (!isInstant(from) || !isInstant(last) || !(startMs < endMs)) return null;
  const days = Math.max(1, Math.ceil((endMs - startMs) / DAY_MS));
  return {
    id,
    label: `${formatInstant(startMs, zone)} – ${formatInstant(endMs, zone)}`,
    from,
    to: last,
    startMs,
    endMs,
    isOpen: false,
    interval: intervalOf(endMs - startMs),
    offset: `${days} days`,
  };
}

function lastHour(id: string, now: number): Range {
  const endMs = endOfMinute(now);
  const startMs = endMs - HOUR_MS;
  const bounds = { from: new Date(startMs).toISOString(), to: new Date(endMs).toISOString(), startMs, endMs };
  return { id, label: 'Last 60 minutes', ...bounds, isOpen: true, interval: 'minute', offset: '1 day' };
}

function buildRange(
  { id, label, from, to, offset }: Pick<Range, 'id' | 'label' | 'from' | 'to' | 'offset'>,
  zone: string,
  now: number,
): Range {
  const startMs = startOfDate(zone, from);
  const wholeEndMs = startOfDate(zone, to);
  const isOpen = now < wholeEndMs && now > startMs;
  const endMs = isOpen ? Math.min(wholeEndMs, endOfMinute(now)) : wholeEndMs;
  const until = isOpen && endMs < wholeEndMs ? new Date(endMs).toISOString() : to;
  return { id, label, from, to: until, startMs, endMs, isOpen, interval: intervalOf(wholeEndMs - startMs), offset };
}

function intervalOf(lengthMs: number): Interval {
  if (lengthMs <= 3 * HOUR_MS) return 'minute';
  if (lengthMs <= 2.1 * DAY_MS) return 'hour';
  if (lengthMs <= 95 * DAY_MS) return 'day';
  return lengthMs <= 400 * DAY_MS ? 'week' : 'month';
}

/** The earlier range of the comparison as journeys take it, which have no `compare`; null without one. */
export const earlier = computed<{ readonly from: string; readonly to: string } | null>(() => {
  if (comparison.value === 'none') return null;
  const { startMs, endMs, offset } = range.value;
  const text = comparison.value === 'year' ? '12 months' : offset;
  return {
    from: new Date(shift(startMs, text, timezone.value)).toISOString(),
    to: new Date(shift(endMs, text, timezone.value)).toISOString(),
  };
});

/** The span of a range that moves with time, as a saved question takes it; null for one of fixed dates. */
export function lastOf(rangeId: string): string | null {
  if (rangeId === 'today') return '1 day';
  if (rangeId === 'month') return '1 month';
  if (rangeId === '12m') return '12 months';
  const days = /^(\d+)d$/.exec(rangeId)?.[1];
  return days ? `${days} days` : null;
}

/** Moves an instant back by a span: days and months keep the time of the day in the zone. */
function shift(atMs: number, span: string, zone: string): number {
  const [amount = '1', unit = 'days'] = span.split(' ');
  const count = Number(amount);
  const date = dateIn(zone, atMs);
  const back = unit.startsWith('month') ? addMonths(date, -count) : addDays(date, -count);
  return startOfDate(zone, back) + (atMs - startOfDate(zone, date));
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && text >= '1980' && text < '2200';
}

function isInstant(text: string): boolean {
  return text.endsWith('Z') && isDate(text.slice(0, 10));
}

function monthLabel(month: string): string {
  return new Date(`${month}-01T00:00:00Z`).toLocaleDateString('en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

function labelOfDates(from: string, last: string): string {
  return from === last ? shortDate(from) : `${shortDate(from)} – ${shortDate(last)}`;
}

function shortDate(date: string): string {
  return new Date(`${date}T00:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

function formatInstant(atMs: number, timeZone: string): string {
  return new Date(atMs).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
}
