/**
 * KeepFacts: the statements that keep the facts of a batch's names, in the batch that stores it.
 *
 * An isolate remembers what it has kept, and writes a name again only for a new type, a new event, or another day. So a
 * name costs a row a day and isolate, however many events have it. What is remembered is only a saving.
 */
import { LIMITS } from '../../core/limits.ts';
import { isFromServer, type NameFacts } from '../../core/names/name-facts.ts';
import { dayOf } from '../../core/std/day.ts';
import { isolateMemory } from '../std/isolate-memory.ts';
import { insertFacts } from './fact-store.ts';

export interface FactsToKeep {
  /** Empty when everything is kept already. */
  readonly statements: readonly D1PreparedStatement[];
  /** Called once the batch is stored. */
  readonly remember: () => void;
}

/** Facts that an isolate remembers, of all tenants: a few megabytes. They are forgotten all together when they are full. */
const REMEMBERED_MAX = 20_000;
/** Rows written with one batch. A batch with more news leaves the rest to the next batch that has them. */
const WRITTEN_MAX = 500;

const keptIn = isolateMemory((_: D1Database) => new Map<string, NameFacts>());

export function factsToKeep(db: D1Database, uid: string, facts: readonly NameFacts[]): FactsToKeep {
  const kept = keptIn(db);
  const keyOf = ({ kind, name }: NameFacts) => `${uid}/${kind}/${name}`;
  const news = facts.filter((each) => isNews(each, kept.get(keyOf(each))));
  // A flood of a browser's made-up names leaves those of servers their room.
  const written = [...news.filter(isFromServer), ...news.filter((each) => !isFromServer(each))].slice(0, WRITTEN_MAX);
  return {
    statements: insertFacts(db, uid, written),
    remember: () => {
      if (kept.size + written.length > REMEMBERED_MAX) kept.clear();
      for (const each of written) kept.set(keyOf(each), union(each, kept.get(keyOf(each))));
    },
  };
}

function isNews({ types, events, firstMs, lastMs }: NameFacts, known: NameFacts | undefined): boolean {
  if (known === undefined || (types & ~known.types) !== 0) return true;
  if (dayOf(firstMs) < dayOf(known.firstMs) || dayOf(lastMs) > dayOf(known.lastMs)) return true;
  return known.events.size < LIMITS.factEventsMax && [...events].some((event) => !known.events.has(event));
}

function union(facts: NameFacts, known: NameFacts | undefined): NameFacts {
  if (known === undefined) return facts;
  return {
    ...facts,
    types: facts.types | known.types,
    events: new Set([...known.events, ...facts.events].slice(0, LIMITS.factEventsMax)),
    firstMs: Math.min(facts.firstMs, known.firstMs),
    lastMs: Math.max(facts.lastMs, known.lastMs),
  };
}
