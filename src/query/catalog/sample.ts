/**
 * Sample: what the newest events of a range tell of properties and traits: how many events have each, and examples.
 *
 * The sample is the newest `LIMITS.catalogSampleMax` events, read as the explorer reads them. An isolate keeps the digest of
 * a sample for a moment, because a client asks for the catalogue while somebody types.
 */
import type { JsonObject, JsonValue } from '../../core/event/event.ts';
import { valueText } from '../../core/event/property.ts';
import { LIMITS, SECOND_MS } from '../../core/limits.ts';
import { type FactKind, isKeepable, kindOf } from '../../core/names/name-facts.ts';
import { typeBit } from '../../core/names/value-types.ts';
import { ownText } from '../../core/std/text.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import { listEvents } from '../events/list-events.ts';
import type { WholeEvent } from '../events/read-whole.ts';
import type { Asking } from '../view/asking.ts';

export interface SampledName {
  readonly kind: FactKind;
  readonly name: string;
  events: number;
  types: number;
  firstMs: number;
  lastMs: number;
  readonly examples: Set<string>;
  readonly of: Set<string>;
}

export interface Sample {
  readonly eventCount: number;
  /** Times of the first and last event; null for an empty sample. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly names: readonly SampledName[];
}

export const NO_SAMPLE: Sample = { eventCount: 0, firstMs: null, lastMs: null, names: [] };
const KEPT_MS = 10 * SECOND_MS;
const TENANTS_MAX = 50;

interface Kept {
  readonly atMs: number;
  readonly startMs: number;
  readonly sample: Sample;
}
const keptIn = isolateMemory((_: D1Database) => new Map<string, Kept>());

/** The sample of a range. It is empty when a day of the range holds too many events to be looked at. */
export async function sampleOf(asking: Asking, range: { startMs: number; endMs: number }): Promise<Sample> {
  const { db } = asking.ports;
  const { uid } = asking.tenant;
  const byTenant = keptIn(db);
  const kept = byTenant.get(uid);
  if (kept?.startMs === range.startMs && asking.nowMs - kept.atMs < KEPT_MS) return kept.sample;
  const listed = await listEvents(asking, { ...range, limit: LIMITS.catalogSampleMax });
  const sample = listed.ok ? digestOf(listed.value.events) : NO_SAMPLE;
  if (byTenant.size >= TENANTS_MAX) byTenant.clear();
  byTenant.set(uid, { atMs: asking.nowMs, startMs: range.startMs, sample });
  return sample;
}

/** `events`: the newest first. */
export function digestOf(events: readonly WholeEvent[]): Sample {
  const names = new Map<string, SampledName>();
  for (const { atMs, strings } of events) {
    const event = ownText(strings.event ?? '');
    note(names, 'event', event, atMs);
    const properties = JSON.parse(strings.properties ?? '{}') as JsonObject;
    const kind = kindOf(strings.type);
    for (const [name, value] of Object.entries(properties)) {
      if (value === null) continue;
      const sampled = note(names, kind, name, atMs);
      if (sampled !== null) noteValue(sampled, value, event);
    }
  }
  return {
    eventCount: events.length,
    firstMs: events.at(-1)?.atMs ?? null,
    lastMs: events[0]?.atMs ?? null,
    names: [...names.values()],
  };
}

function note(names: Map<string, SampledName>, kind: FactKind, name: string, atMs: number): SampledName | null {
  const key = `${kind}/${name}`;
  const known = names.get(key);
  if (known !== undefined) {
    known.events++;
    known.firstMs = Math.min(known.firstMs, atMs);
    return known;
  }
  if (!isKeepable(name) || names.size >= LIMITS.namesKeptMax) return null;
  const sampled = {
    kind,
    name,
    events: 1,
    types: 0,
    firstMs: atMs,
    lastMs: atMs,
    examples: new Set<string>(),
    of: new Set<string>(),
  };
  names.set(key, sampled);
  return sampled;
}

function noteValue(sampled: SampledName, value: JsonValue, event: string): void {
  sampled.types |= typeBit(value);
  if (sampled.kind === 'property' && sampled.of.size < LIMITS.factEventsMax) sampled.of.add(event);
  if (sampled.examples.size >= LIMITS.catalogExamplesMax) return;
  const text = valueText(value) ?? '';
  if (text !== '' && text.length <= LIMITS.catalogExampleLengthMax) sampled.examples.add(text.toWellFormed());
}
