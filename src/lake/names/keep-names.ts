/**
 * KeepNames: the statements that keep the names of a flush or a chunk, and the facts of them (keep-facts.ts), in the batch
 * that stores it.
 *
 * An isolate remembers which names it has kept, so that a batch without a new name adds no statement. What it remembers
 * is only a saving: a name that is kept again changes nothing.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { BatchFacts } from '../../core/names/name-facts.ts';
import { NAME_KINDS, type NameKind, UnknownNames, visitSent } from '../../core/names/sent-names.ts';
import { isolateMemory } from '../std/isolate-memory.ts';
import { factsToKeep } from './keep-facts.ts';
import { insertNames, insertWhole } from './name-store.ts';

export interface NamesToKeep {
  /** Empty when every name is kept already. They go before everything else of the batch. */
  readonly statements: readonly D1PreparedStatement[];
  /** Called once the batch is stored. */
  readonly remember: () => void;
}

type KnownNames = { readonly [kind in NameKind]: Set<string> };

/**
 * Names that an isolate remembers, of all tenants: some megabytes where each is as long as it may be. The set is emptied
 * when it is full, and the names are offered to the database again.
 */
const REMEMBERED_MAX = 20_000;
const knownIn = isolateMemory((_: D1Database) => new Map<string, KnownNames>());

export function namesToKeep(db: D1Database, uid: string, columns: EventColumns): NamesToKeep {
  const known = knownIn(db).get(uid);
  const { event, property } = known ?? { event: new Set<string>(), property: new Set<string>() };
  const unknown = new UnknownNames({ event, property });
  const batch = new BatchFacts(columns);
  visitSent(columns, unknown.visit, batch.visit);
  const { found } = unknown;
  const statements: D1PreparedStatement[] = known === undefined ? [insertWhole(db, uid)] : [];
  const kept: [NameKind, string][] = [];
  for (const kind of NAME_KINDS) {
    const room = LIMITS.namesKeptMax - (known?.[kind].size ?? 0);
    if (found[kind].size === 0 || room <= 0) continue;
    const names = [...found[kind]].slice(0, room);
    statements.push(...insertNames(db, uid, kind, { names, isCut: names.length < found[kind].size }));
    kept.push(...names.map((name): [NameKind, string] => [kind, name]));
  }
  const facts = factsToKeep(db, uid, batch.facts);
  return {
    statements: [...statements, ...facts.statements],
    remember: () => {
      remember(db, uid, kept);
      facts.remember();
    },
  };
}

function remember(db: D1Database, uid: string, kept: readonly [NameKind, string][]): void {
  const tenants = knownIn(db);
  const counts = Array.from(tenants.values(), ({ event, property }) => 1 + event.size + property.size);
  if (counts.reduce((sum, count) => sum + count, kept.length) > REMEMBERED_MAX) tenants.clear();
  const known: KnownNames = tenants.get(uid) ?? { event: new Set(), property: new Set() };
  for (const [kind, name] of kept) known[kind].add(name);
  tenants.set(uid, known);
}
