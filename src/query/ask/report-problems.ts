/** Report, refused: what is wrong with a report as a problem on the wire. */
import type { Tenant } from '../../core/tenant/tenant.ts';
import { invalidQuestion, problemOf } from '../view/refusal.ts';
import { parseReport, type Report, type ReportAnswer, type runReport } from './report.ts';

/** `place`: where in the body the report is. Throws 400 with the code and path of what is wrong. */
export function mustReport(body: unknown, tenant: Tenant, nowMs: number, place = ''): Report {
  const parsed = parseReport(body, tenant.timezone, nowMs);
  if (parsed.ok) return parsed.value;
  throw invalidQuestion({ ...parsed.error, path: place + parsed.error.path });
}

/** Throws 422 `query-too-large`, 400 `cohort-unknown`, `property-unknown` or `formula-invalid`. */
export function mustAnswer(answered: Awaited<ReturnType<typeof runReport>>): ReportAnswer {
  if (answered.ok) return answered.value;
  if ('path' in answered.error) throw invalidQuestion(answered.error);
  throw problemOf(answered.error);
}
