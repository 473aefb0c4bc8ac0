/**
 * Audit routes: the trail of who made, revoked and deleted what; a tenant's own with its admin key, all with the root key.
 */
import { Hono } from 'hono';
import { isoTime } from '../../core/std/instant.ts';
import { route } from '../../http/route.ts';
import { auditPageSchema, auditSchema, type WireAuditEntry } from '../../wire/audit.ts';
import { type AuditEntry, listEntries } from '../audit/audit-store.ts';
import type { ControlServices } from '../services.ts';
import { mustBeOwn } from './callers.ts';

/** @example app.route('/v1/audit', auditRoutes(services)) */
export function auditRoutes({ db, auth }: ControlServices): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Lists who made, revoked and deleted what',
      description:
        'An admin key lists the entries of its tenant, the root key those of all tenants and of the platform: refusals of ' +
        'calls that showed a wrong key where the root key is needed. Entries are kept for 400 days.',
      tag: 'control',
      key: 'admin or root',
      query: auditPageSchema,
      answer: auditSchema,
      errors: ['tenant-other'],
    },
    async ({ caller, query: { tenant = null, before = null, limit } }) => {
      if (caller !== 'root') mustBeOwn(caller, tenant ?? undefined);
      const whose = caller === 'root' ? { tenant, uid: null } : { tenant: caller.tenant.id, uid: caller.tenant.uid };
      const entries = await listEntries(db, { ...whose, beforeSeq: before, countMax: limit });
      return { entries: entries.map(wireEntry), next: entries.length === limit ? (entries.at(-1)?.seq ?? null) : null };
    },
  );
  return app;
}

function wireEntry({ atMs, action, actor, tenant, subject, count }: AuditEntry): WireAuditEntry {
  return { at: isoTime(atMs), action, actor, tenant, subject, count };
}
