/**
 * Entries: the catalogue of one tenant, from what is kept of its names, the counts of its events and a sample.
 *
 * in: kept names and facts, counts of events, the sample · out: entries in their order
 * A name that is kept without facts, because it came with an earlier release, is listed with what the sample tells of it.
 */

import { STRING_COLUMNS } from '../../core/event/event.ts';
import { isColumn } from '../../core/event/property.ts';
import type { FactKind } from '../../core/names/name-facts.ts';
import { typesOf } from '../../core/names/value-types.ts';
import { isoTime } from '../../core/std/instant.ts';
import { compareCodePoints } from '../../core/std/text.ts';
import type { KeptFacts } from '../../lake/names/fact-store.ts';
import type { KeptNames } from '../../lake/names/name-store.ts';
import { CATALOG_KINDS, type Catalog, type CatalogEntry, type CatalogKind } from '../../wire/catalog.ts';
import type { EventVolumes } from './event-volumes.ts';
import type { Sample, SampledName } from './sample.ts';

export interface CatalogSources {
  readonly names: KeptNames;
  readonly facts: readonly KeptFacts[];
  readonly volumes: EventVolumes;
  readonly sample: Sample;
}

/** What is known of one name, from either source. */
interface Known {
  readonly kind: FactKind;
  readonly name: string;
  facts?: KeptFacts;
  sampled?: SampledName;
}

export function entriesOf(sources: CatalogSources): CatalogEntry[] {
  const known = knownNames(sources);
  return [...[...known.values()].map((each) => entryOf(each, sources)), ...COLUMN_ENTRIES].sort(compareEntries);
}

export function completenessOf({ names, facts }: CatalogSources): Catalog['complete'] {
  const told = new Set(facts.filter(({ kind }) => kind !== 'event').map(({ name }) => name));
  const areTold = [...names.property].every((name) => told.has(name));
  const isWhole = names.whole.has('property') && areTold;
  return { event: names.whole.has('event'), property: isWhole, trait: isWhole };
}

/** The order of the catalogue: by kind, by events descending with unknown numbers last, by name. */
export function compareEntries(left: OrderedEntry, right: OrderedEntry): number {
  return (
    CATALOG_KINDS.indexOf(left.kind) - CATALOG_KINDS.indexOf(right.kind) ||
    (right.events ?? -1) - (left.events ?? -1) ||
    compareCodePoints(left.name, right.name)
  );
}
export type OrderedEntry = Pick<CatalogEntry, 'kind' | 'events' | 'name'>;

function knownNames({ names, facts, volumes, sample }: CatalogSources): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  const of = (kind: FactKind, name: string): Known => {
    const key = `${kind}/${name}`;
    const found = known.get(key) ?? { kind, name };
    known.set(key, found);
    return found;
  };
  for (const each of facts) of(each.kind, each.name).facts = each;
  for (const each of sample.names) of(each.kind, each.name).sampled = each;
  for (const name of names.event) of('event', name);
  for (const name of volumes.byName?.keys() ?? []) of('event', name);
  const told = new Set([...known.values()].filter(({ kind }) => kind !== 'event').map(({ name }) => name));
  // A kept name without facts may be a property or a trait: it is listed as the former.
  for (const name of names.property) if (!told.has(name)) of('property', name);
  return known;
}

function entryOf({ kind, name, facts, sampled }: Known, { volumes, sample }: CatalogSources): CatalogEntry {
  const firstMs = facts?.firstMs ?? sampled?.firstMs;
  const lastMs = Math.max(facts?.lastMs ?? Number.NEGATIVE_INFINITY, sampled?.lastMs ?? Number.NEGATIVE_INFINITY);
  return {
    kind: kind === 'person' || kind === 'group' ? 'trait' : kind,
    name: kind === 'person' || kind === 'group' ? `${kind}.${name}` : name,
    types: typesOf((facts?.types ?? 0) | (sampled?.types ?? 0)),
    events: kind === 'event' ? eventCount(name, volumes) : estimate(sampled, volumes, sample),
    firstSeen: firstMs === undefined ? null : isoTime(firstMs),
    lastSeen: Number.isFinite(lastMs) ? isoTime(lastMs) : null,
    examples: [...(sampled?.examples ?? [])],
    of: kind === 'property' ? [...(facts?.events ?? sampled?.of ?? [])] : [],
  };
}

function eventCount(name: string, { byName }: EventVolumes): number | null {
  return byName === null ? null : (byName.get(name) ?? 0);
}

/** null for a name that the sample lacks: it is too rare to be estimated. */
function estimate(sampled: SampledName | undefined, { total }: EventVolumes, { eventCount }: Sample): number | null {
  if (sampled === undefined || total === null) return null;
  return eventCount >= total ? sampled.events : Math.round((sampled.events / eventCount) * total);
}

const COLUMN_ENTRIES: readonly CatalogEntry[] = STRING_COLUMNS.filter(isColumn).map((name) => ({
  kind: 'column' satisfies CatalogKind,
  name,
  types: ['text'],
  events: null,
  firstSeen: null,
  lastSeen: null,
  examples: [],
  of: [],
}));
