/**
 * Audit store: all SQL of the table `audit`, the trail of who made, revoked and deleted what.
 *
 * An entry is written in the batch of the change that it tells of, so that neither is there without the other. Entries are
 * kept for `LIMITS.auditDays`; those of a deleted tenant too, because they tell who deleted it.
 */
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import type { AuditAction } from '../../core/tenant/audit.ts';
import { KEY_ID_LENGTH } from '../../core/tenant/tenant.ts';

/** The root key, the id of a key, or `unknown`. */
export type Actor = string;

export interface AuditEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly tenant: string | null;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly subject: string | null;
  readonly count: number;
}

/** An entry that is to be written. */
export interface NewEntry {
  readonly atMs: number;
  /** Null for the platform. */
  readonly uid: string | null;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly subject: string | null;
  readonly count?: number;
}

/** Expired entries that one new entry removes, so that a write stays small. */
const EXPIRED_PER_ENTRY_MAX = 100;
const INSERT = 'INSERT INTO audit (at_ms, owner_uid, tenant, actor, action, subject, count)';
const TENANT_ID = '(SELECT id FROM tenants WHERE uid = ?2)';

/** Statements that write the entry and remove expired ones. `onlyIf`: a condition in SQL with parameters from 7 on. */
export function insertEntry(
  db: D1Database,
  { atMs, uid, actor, action, subject, count = 1 }: NewEntry,
  onlyIf: { readonly sql: string; readonly parameters: readonly unknown[] } = { sql: 'TRUE', parameters: [] },
): D1PreparedStatement[] {
  return [
    db
      .prepare(`${INSERT} SELECT ?1, ?2, ${TENANT_ID}, ?3, ?4, ?5, ?6 WHERE ${onlyIf.sql}`)
      .bind(atMs, uid, actor, action, subject, count, ...onlyIf.parameters),
    db
      .prepare('DELETE FROM audit WHERE seq <= (SELECT min(seq) FROM audit) + ?1 AND at_ms < ?2')
      .bind(EXPIRED_PER_ENTRY_MAX, atMs - LIMITS.auditDays * DAY_MS),
  ];
}

/** The entry of a tenant that the same batch deletes next. */
export function insertTenantDeleted(db: D1Database, id: string, atMs: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO audit (at_ms, owner_uid, tenant, actor, action, subject)
         SELECT ?1, uid, id, 'root', 'tenant-deleted', id FROM tenants WHERE id = ?2 AND deleted_at_ms IS NULL`,
    )
    .bind(atMs, id);
}

/** The entries of share links that the same batch ends next. Parameters: the time, the actor, those of the condition. */
export function insertSharesRevoked(
  db: D1Database,
  condition: string,
  bindings: readonly unknown[],
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO audit (at_ms, owner_uid, tenant, actor, action, subject)
         SELECT ?1, uid, (SELECT id FROM tenants WHERE tenants.uid = shares.uid), ?2, 'share-revoked',
           substr(hash, 1, ${KEY_ID_LENGTH}) FROM shares WHERE ${condition}`,
    )
    .bind(...bindings);
}

export interface AuditPage {
  /** Null lists the entries of all tenants and of the platform. */
  readonly tenant: string | null;
  /** The tenant's uid: an id may have belonged to another tenant before. Null does not compare it. */
  readonly uid: string | null;
  /** Lists the entries before this one; null begins with the latest. */
  readonly beforeSeq: number | null;
  readonly countMax: number;
}

/** A page of entries, the latest first. */
export async function listEntries(db: D1Database, page: AuditPage): Promise<AuditEntry[]> {
  const { tenant, uid, beforeSeq, countMax } = page;
  const ofTenant = tenant === null ? 'TRUE' : 'tenant = ?3 AND (?4 IS NULL OR owner_uid = ?4)';
  const { results } = await db
    .prepare(
      `SELECT seq, at_ms AS atMs, tenant, actor, action, subject, count FROM audit
         WHERE (?1 IS NULL OR seq < ?1) AND ${ofTenant} ORDER BY seq DESC LIMIT ?2`,
    )
    .bind(beforeSeq, countMax, ...(tenant === null ? [] : [tenant, uid]))
    .all<AuditEntry>();
  return results;
}
