/**
 * RememberedNames: names that an isolate knows events to have. An event makes its names known with its acknowledgement,
 * and no name is ever taken back, so only the fact that a name is known is remembered.
 */
import type { NameKind } from '../../core/names/sent-names.ts';

/** Names of several tenants. The set is emptied when it is full. */
const NAMES_MAX = 10_000;
/** One set a database: an isolate has one database, and tests share nothing. */
const namesByDb = new WeakMap<D1Database, Set<string>>();

export function isRemembered(db: D1Database, uid: string, kind: NameKind, name: string): boolean {
  return namesByDb.get(db)?.has(keyOf(uid, kind, name)) ?? false;
}

export function rememberName(db: D1Database, uid: string, kind: NameKind, name: string): void {
  let names = namesByDb.get(db);
  if (names === undefined || names.size >= NAMES_MAX) {
    names = new Set();
    namesByDb.set(db, names);
  }
  names.add(keyOf(uid, kind, name));
}

function keyOf(uid: string, kind: NameKind, name: string): string {
  return `${uid} ${kind} ${name}`;
}
