// Journey support: events in memory as columns, in any order, and a journey over them, in one lot or in the smallest
// lots.

import type { EventColumns } from '../../../src/core/event/columns.ts';
import type { StringColumn } from '../../../src/core/event/event.ts';
import type { Journey } from '../../../src/core/journeys/kit/journey.ts';
import { SequenceBuilder } from '../../../src/core/journeys/kit/sequence-builder.ts';
import { ALL_PEOPLE, type HighRange } from '../../../src/core/people/high-range.ts';
import type { Result } from '../../../src/core/std/result.ts';

export interface TestEvent {
  /** 0 stands for an event without a person. */
  readonly person: number;
  readonly at: number;
  readonly event?: string;
  /** Default: track. */
  readonly type?: string;
  readonly country?: string | null;
  readonly path?: string | null;
  readonly properties?: object;
}

/** Hashes that are spread over the whole range, as real ones are. */
export function hashOf(person: number): bigint {
  return person === 0 ? 0n : BigInt.asIntN(64, BigInt(person) * 0x9e3779b97f4a7c15n);
}

export function columnsOf(events: readonly TestEvent[]): EventColumns {
  const texts = (read: (event: TestEvent) => string | null) => events.map(read);
  const strings: { [column in StringColumn]?: readonly (string | null)[] } = {
    event: texts(({ event }) => event ?? 'Seen'),
    type: texts(({ type }) => type ?? 'track'),
    country: texts(({ country }) => country ?? null),
    path: texts(({ path }) => path ?? null),
    properties: texts(({ properties }) => (properties === undefined ? null : JSON.stringify(properties))),
  };
  return {
    rowCount: events.length,
    at: Float64Array.from(events, ({ at }) => at),
    receivedAt: new Float64Array(0),
    person: BigInt64Array.from(events, ({ person }) => hashOf(person)),
    keyHash: new BigInt64Array(0),
    late: new Uint8Array(0),
    strings,
  };
}

/** Runs the journey over the batches in this order. It divides the people when more than `heldMax` would be held. */
export function run<A extends object>(
  { reader, fold }: Journey<A>,
  batches: readonly EventColumns[],
  heldMax = Number.POSITIVE_INFINITY,
): A {
  let range: HighRange = ALL_PEOPLE;
  for (;;) {
    const builder = new SequenceBuilder(reader, { heldMax, range });
    for (const [index, batch] of batches.entries()) {
      // Every second batch comes whole, the others as a scan hands them on.
      if (index % 2 === 1) builder.add(batch);
      else for (const slice of slicesOf(builder.sift(batch, allRows(batch)))) builder.add(batch, slice);
    }
    fold.add(builder.finish());
    if (builder.range.to === ALL_PEOPLE.to) return fold.finish();
    range = { from: builder.range.to + 1, to: ALL_PEOPLE.to };
  }
}

const SLICE_ROWS = 5;

function* slicesOf(rows: Uint32Array): Generator<Uint32Array> {
  for (let from = 0; from < rows.length; from += SLICE_ROWS) yield rows.subarray(from, from + SLICE_ROWS);
}

function allRows({ rowCount }: EventColumns): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, row) => row);
}

export function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export const ISO = (atMs: number) => new Date(atMs).toISOString();
