/**
 * ListCatalog: one page of a tenant's catalogue.
 *
 * steps: count the events of the range → read the kept names and facts → sample the newest events, unless only events are
 *        asked for → entries in their order → the page
 * The whole catalogue is at most `LIMITS.namesKeptMax` names of four kinds, so a page is cut in memory.
 */
import { z } from 'zod';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import { readFacts } from '../../lake/names/fact-store.ts';
import { readNames } from '../../lake/names/name-store.ts';
import { RowBudget } from '../../lake/scan/row-budget.ts';
import { CATALOG_KINDS, type Catalog, type CatalogEntry, type CatalogPage } from '../../wire/catalog.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import { encodeCursor, mustDecodeCursor } from '../view/cursor.ts';
import { compareEntries, completenessOf, entriesOf, type OrderedEntry } from './entries.ts';
import { countEvents } from './event-volumes.ts';
import { NO_SAMPLE, sampleOf } from './sample.ts';

const SAMPLE_DAYS = 31;

/** Throws 400 `cursor-invalid`, `last-invalid` or `range-too-wide`. */
export async function listCatalog(asking: Asking<QueryPorts>, page: CatalogPage): Promise<Catalog> {
  const after = page.cursor === undefined ? null : mustPlace(page.cursor);
  const volumes = await countEvents({ ...asking, budget: new RowBudget(LIMITS.catalogRowsMax) }, page.last);
  const { db } = asking.ports;
  const [names, facts] = await Promise.all([readNames(db, asking.tenant.uid), readFacts(db, asking.tenant.uid)]);
  const sample =
    page.kind === 'event' || page.kind === 'column' ? NO_SAMPLE : await sampleOf(asking, newestOf(volumes));
  const sources = { names, facts, volumes, sample };
  const matching = entriesOf(sources).filter((entry) => isAsked(entry, page));
  const rest = after === null ? matching : matching.filter((entry) => compareEntries(after, entry) < 0);
  const entries = rest.slice(0, page.limit);
  return {
    entries,
    ...(rest.length > entries.length && { cursor: cursorOf(entries.at(-1)!) }),
    range: { from: isoTime(volumes.startMs), to: isoTime(volumes.endMs) },
    sample: { events: sample.eventCount, from: timeOf(sample.firstMs), to: timeOf(sample.lastMs) },
    complete: completenessOf(sources),
  };
}

/** The end of the range in which the newest events are looked for: its length bounds the files that are listed. */
function newestOf({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }) {
  return { startMs: Math.max(startMs, endMs - SAMPLE_DAYS * DAY_MS), endMs };
}

function isAsked({ kind, name }: CatalogEntry, page: CatalogPage): boolean {
  if (page.kind !== undefined && page.kind !== kind) return false;
  const prefix = page.prefix?.toLowerCase() ?? '';
  const spelt = name.toLowerCase();
  return spelt.startsWith(prefix) || (kind === 'trait' && spelt.slice(spelt.indexOf('.') + 1).startsWith(prefix));
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

const placeSchema = z.tuple([z.enum(CATALOG_KINDS), z.number().nullable(), z.string()]);

function cursorOf({ kind, events, name }: OrderedEntry): string {
  return encodeCursor([kind, events, name]);
}

function mustPlace(cursor: string): OrderedEntry {
  const [kind, events, name] = mustDecodeCursor(cursor, placeSchema);
  return { kind, events, name };
}
