/** Report problems: the refusals of a report as problems on the wire, and the codes they have. */
import { QUERY_REFUSAL_CODES } from '../../core/query/question/request.ts';
import type { Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import type { ProblemCode } from '../../wire/problem-codes.ts';
import type { ReportAnswer } from '../../wire/query.ts';
import { invalidQuestion, type LakeRefusal, problemOf, READING_CODES } from '../view/refusal.ts';
import { parseReport } from './parse-report.ts';
import type { Report, ReportRefusal } from './report.ts';

/** Codes of a call that parses and answers a report. */
export const REPORT_CODES: readonly ProblemCode[] = [
  ...QUERY_REFUSAL_CODES,
  'compare-invalid',
  'formula-invalid',
  'last-invalid',
  ...READING_CODES,
];

/** `place`: JSON pointer of the report in the body. Throws 400 with the code and path of the fault. */
export function mustReport(body: unknown, { timezone, bots }: Tenant, nowMs: number, place = ''): Report {
  const parsed = parseReport(body, { timezone, nowMs, bots });
  if (parsed.ok) return parsed.value;
  throw invalidQuestion({ ...parsed.error, path: place + parsed.error.path });
}

/** Throws the refusal of a report as a problem. */
export function mustAnswer(answered: Result<ReportAnswer, LakeRefusal | ReportRefusal>): ReportAnswer {
  if (answered.ok) return answered.value;
  throw 'path' in answered.error ? invalidQuestion(answered.error) : problemOf(answered.error);
}
