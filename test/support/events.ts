// Events for tests: records as the edge makes them, with defaults for every column that a test does not name.

import { encodeBlock } from '../../src/core/block/block.ts';
import type { EventRecord, EventStrings, JsonObject } from '../../src/core/event/event.ts';
import { DEFAULT_ROLLUPS, type Rollup } from '../../src/core/rollup/rollup.ts';
import { Hasher } from '../../src/core/std/hash.ts';

/** 2026-03-10T12:00:30Z, in the middle of a minute. */
export const NOON_MS = Date.UTC(2026, 2, 10, 12, 0, 30);

export const testHasher = new Hasher([1, 2, 3, 4]);

type RecordParts = Omit<Partial<EventStrings>, 'properties' | 'context'> & {
  readonly id: string;
  readonly atMs?: number;
  readonly receivedAtMs?: number;
  readonly properties?: JsonObject;
  readonly context?: JsonObject;
};

export function record(parts: RecordParts): EventRecord {
  const { atMs = NOON_MS, receivedAtMs = NOON_MS, properties = {}, context = {}, ...strings } = parts;
  return {
    atMs,
    receivedAtMs,
    clamped: false,
    strings: {
      type: 'track',
      event: 'Clicked',
      ...strings,
      properties: JSON.stringify(properties),
      context: JSON.stringify(context),
    },
    properties,
    context,
  };
}

export function block(
  records: readonly EventRecord[],
  options: { receivedAtMs?: number; rollups?: readonly Rollup[]; rejected?: number; quarantined?: number } = {},
): Uint8Array {
  return encodeBlock({
    receivedAtMs: options.receivedAtMs ?? NOON_MS,
    routingAtMsMax: records.reduce((max, each) => Math.max(max, each.atMs), 0),
    records,
    rollups: options.rollups ?? DEFAULT_ROLLUPS,
    hasher: testHasher,
    tally: { rejected: options.rejected ?? 0, quarantined: options.quarantined ?? 0 },
  });
}
