/**
 * EndShares: the statements that end share links, each with its entry in the trail. A link is revoked by itself
 * (boards/share-store.ts), with its board (boards/board-store.ts), or with the key that made it (tenants/key-store.ts).
 */
import { insertSharesRevoked } from '../audit/audit-store.ts';

export interface SharesEnd {
  /** A condition in SQL that finds the links, with parameters from 3 on. */
  readonly condition: string;
  readonly parameters: readonly unknown[];
  /** `root`, or the id of a key. */
  readonly actor: string;
  readonly nowMs: number;
}

export function endShares(
  db: D1Database,
  { condition, parameters, actor, nowMs }: SharesEnd,
): [entries: D1PreparedStatement, end: D1PreparedStatement] {
  const bindings = [nowMs, actor, ...parameters];
  return [
    insertSharesRevoked(db, condition, bindings),
    db.prepare(`DELETE FROM shares WHERE ${condition} RETURNING hash`).bind(...bindings),
  ];
}
