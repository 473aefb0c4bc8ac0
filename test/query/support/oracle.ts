// Oracle: answers a question by a plain loop over all events.

import { evaluate } from '../../../src/core/event/condition.ts';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { personOf } from '../../../src/core/event/event.ts';
import { dimensionText, propertyReader } from '../../../src/core/event/property.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { Series } from '../../../src/core/query/fold/answer.ts';
import type { Interval } from '../../../src/core/query/question/interval.ts';
import type { Query } from '../../../src/core/query/question/request.ts';

export function answerByHand(query: Query, events: readonly EventRecord[]): Series[] {
  const isLeftOut = (event: EventRecord) => query.bots.choice === 'exclude' && isOfBot(event);
  const matching = matchingByHand(query, events).filter((event) => !isLeftOut(event));
  const groups = new Map<string, EventRecord[]>();
  if (query.groupBy.length === 0) groups.set('[]', matching);
  else {
    for (const event of matching) {
      const key = JSON.stringify(query.groupBy.map((name) => dimensionText(propertyReader(event)(name))));
      groups.set(key, [...(groups.get(key) ?? []), event]);
    }
  }
  const all = [...groups].map(([key, members]) => ({ key: JSON.parse(key) as (string | null)[], members }));
  all.sort((a, b) => {
    const left = measure(query, a.members);
    const right = measure(query, b.members);
    if (left !== right) return (right ?? Number.NEGATIVE_INFINITY) - (left ?? Number.NEGATIVE_INFINITY);
    const texts = (key: (string | null)[]) => key.map((text) => (text === null ? [] : [0, ...codePoints(text)]));
    return compare(texts(a.key), texts(b.key));
  });
  const top = query.groupBy.length === 0 ? all : all.slice(0, query.top);
  const rest = query.groupBy.length === 0 ? [] : all.slice(query.top).flatMap(({ members }) => members);
  const series = top.map(({ key, members }) => seriesOf(query, key, members, false));
  if (all.length > top.length) series.push(seriesOf(query, [], rest, true));
  return series;
}

/** The number of events of bots that the question leaves out. */
export function excludedByHand(query: Query, events: readonly EventRecord[]): number {
  return query.bots.choice === 'exclude' ? matchingByHand(query, events).filter(isOfBot).length : 0;
}

/** The events that the question considers, whoever sent them. */
function matchingByHand(query: Query, events: readonly EventRecord[]): EventRecord[] {
  const { where } = query.bots;
  return events.filter(
    (event) =>
      event.atMs >= query.startMs &&
      event.atMs < query.endMs &&
      (where === null || evaluate(where, propertyReader(event))),
  );
}

function isOfBot({ strings }: EventRecord): boolean {
  return strings.device === 'bot';
}

function seriesOf(
  query: Query,
  key: readonly (string | null)[],
  members: readonly EventRecord[],
  other: boolean,
): Series {
  return {
    key: Object.fromEntries(query.groupBy.map((name, index) => [name, key[index] ?? null])),
    ...(other && { other: true as const }),
    total: measure(query, members),
    points: query.interval === null ? [] : points(query, members),
  };
}

function points(query: Query, members: readonly EventRecord[]) {
  return query.bucketStarts.map((startMs, index) => {
    const endMs = query.bucketStarts[index + 1] ?? Number.POSITIVE_INFINITY;
    const inside = members.filter(({ atMs }) => atMs >= startMs && atMs < endMs);
    const nextMs = endMs < Number.POSITIVE_INFINITY ? endMs : nextStart(query.interval!, query.timezone, startMs);
    const isPartial = startMs < query.startMs || nextMs > query.endMs;
    return {
      at: new Date(startMs).toISOString(),
      ...(isPartial && { partial: true as const }),
      value: measure(query, inside),
    };
  });
}

/** The start of the interval after the one that begins at `atMs`, found by walking on in quarters of an hour. */
function nextStart(interval: Interval, timezone: string, atMs: number): number {
  if (interval === 'minute' || interval === 'hour') return atMs + (interval === 'hour' ? HOUR_MS : MINUTE_MS);
  const known = nextStarts.get(`${interval} ${timezone} ${atMs}`);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' });
  const label = (ms: number) => {
    const date = format.format(ms);
    if (interval === 'month') return date.slice(0, 7);
    const days = Date.parse(date) / DAY_MS;
    return interval === 'day' ? days : Math.floor((days + 3) / 7);
  };
  const own = label(atMs);
  let nextMs = atMs;
  while (label(nextMs) === own) nextMs += 15 * MINUTE_MS;
  nextStarts.set(`${interval} ${timezone} ${atMs}`, nextMs);
  return nextMs;
}

const nextStarts = new Map<string, number>();

function measure(query: Query, members: readonly EventRecord[]): number | null {
  if (query.measure === 'count') return members.length;
  if (query.number === null) {
    return new Set(members.map(({ strings }) => personOf(strings)).filter((person) => person !== null)).size;
  }
  const { statistic, property } = query.number;
  const values = members
    .map((event) => propertyReader(event)(property))
    .filter((value) => typeof value === 'number')
    .sort((a, b) => a - b);
  // Sums are taken in cents, because sums of integers are exact.
  const sum = values.reduce((total, value) => total + Math.round(value * 100), 0) / 100;
  if (statistic === 'sum') return sum;
  if (values.length === 0) return null;
  if (statistic === 'avg') return sum / values.length;
  if (statistic === 'min') return values[0]!;
  if (statistic === 'max') return values.at(-1)!;
  return values[Math.ceil((Number(statistic.slice(1)) * values.length) / 100) - 1]!;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

/** Compares lists of numbers, one list after the other. */
function compare(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  for (const [index, list] of a.entries()) {
    const other = b[index]!;
    for (let at = 0; at < Math.min(list.length, other.length); at++) {
      if (list[at] !== other[at]) return list[at]! - other[at]!;
    }
    if (list.length !== other.length) return list.length - other.length;
  }
  return 0;
}
