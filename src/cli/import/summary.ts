/**
 * Summary: the account of an import, as JSON and as lines: every row is sent, skipped or unreadable, and every event that
 * was sent is accepted or rejected.
 */
import { formatNumber } from '../kit/table.ts';
import type { RowCounts } from './chunks.ts';
import type { Input } from './inputs.ts';
import type { RefusedRows } from './refused.ts';
import type { ImportStatus } from './status.ts';
import { describeShape } from './survey.ts';
import type { UploadTotals } from './upload.ts';

export interface ImportedFile {
  readonly input: Input;
  readonly counts: RowCounts;
  readonly refused: RefusedRows;
}

export interface ImportRun {
  readonly importId: string;
  readonly version: number;
  readonly tenant: string;
  readonly files: readonly ImportedFile[];
  readonly totals: UploadTotals;
  readonly status: ImportStatus | undefined;
  readonly elapsedMs: number;
}

const CODES_SHOWN_MAX = 20;

export type Summary = ReturnType<typeof summaryOf>;

export function summaryOf({ importId, version, tenant, files, totals, status, elapsedMs }: ImportRun) {
  return {
    importId,
    version,
    tenant,
    file: files.map(({ input }) => input.name).join(', '),
    rows: {
      read: sum(files, ({ counts }) => counts.read),
      sent: sum(files, ({ counts }) => counts.mapped),
      skipped: sum(files, ({ counts }) => counts.skipped),
      unreadable: sum(files, ({ counts }) => counts.unreadable),
    },
    unreadable: files.flatMap(({ counts }) => counts.unreadableFirst),
    events: {
      received: totals.received,
      accepted: totals.accepted,
      duplicate: totals.duplicate,
      quarantined: totals.quarantined,
      rejected: totals.rejected,
    },
    rejectedByCode: totals.rejectedByCode,
    refused: {
      count: sum(files, ({ refused }) => refused.count),
      byCode: sumByCode(files),
      first: files.flatMap(({ refused }) => refused.first),
      files: files.flatMap(({ refused }) => refused.file ?? []),
    },
    chunks: { count: totals.chunks, resumed: totals.resumed },
    copies: status?.copies ?? 0,
    days: { touched: status?.days ?? 0, sealed: status?.sealed ?? 0 },
    files: files.map(({ input, counts }) => ({
      file: input.name,
      shape: describeShape(input.shape),
      rows: { read: counts.read, sent: counts.mapped, skipped: counts.skipped, unreadable: counts.unreadable },
    })),
    seconds: Math.round(elapsedMs / 100) / 10,
  };
}

/**
 * Whether all was taken. A mapping that throws is a judgement of the user's own code: lines that are no events are usual in
 * logs. Everything else that is refused is a loss.
 */
export function isAllTaken({ rows, events, refused }: Summary): boolean {
  const isLost = Object.keys(refused.byCode).some((code) => code !== 'mapping-failed');
  return rows.sent > 0 && events.rejected === 0 && !isLost;
}

export function renderSummary(summary: Summary): string[] {
  const { importId, version, tenant, rows, events, rejectedByCode, chunks, copies, days, seconds } = summary;
  const n = formatNumber;
  const codes = Object.entries(rejectedByCode).slice(0, CODES_SHOWN_MAX);
  return [
    `Import ${importId}${version === 1 ? '' : ` (version ${version})`} into ${tenant}: ${seconds} s`,
    `  rows    ${n(rows.read)} read, ${n(rows.sent)} sent, ${n(rows.skipped)} skipped, ${n(rows.unreadable)} unreadable`,
    `  events  ${n(events.accepted)} accepted, ${n(events.duplicate)} duplicate, ${n(events.quarantined)} quarantined, ${n(events.rejected)} rejected`,
    ...(copies > 0 ? [`            ${n(copies)} left out: an earlier row has their id`] : []),
    ...codes.map(([code, count]) => `            ${code}: ${n(count)}`),
    ...renderRefused(summary),
    `  chunks  ${n(chunks.count)}${chunks.resumed > 0 ? `, ${n(chunks.resumed)} of them stored by an earlier run` : ''}`,
    `  days    ${n(days.touched)} touched, ${n(days.sealed)} sealed`,
  ];
}

/** The first refused rows with their reasons, and the file that has them all. */
export function renderRefused({ refused, files }: Pick<Summary, 'refused' | 'files'>): string[] {
  if (refused.count === 0) return [];
  const nameOf = (file: string) => (files.length > 1 ? `${file} ` : '');
  const more = refused.count - refused.first.length;
  return [
    `  refused ${formatNumber(refused.count)} rows`,
    ...refused.first.map(
      ({ file, row, code, path, message }) =>
        `            ${nameOf(file)}row ${row}: ${code}${path ? ` at ${path}` : ''}: ${message}`,
    ),
    ...(more > 0 ? [`            and ${formatNumber(more)} more`] : []),
    ...refused.files.map((file) => `          all of them: ${file}`),
  ];
}

function sum(files: readonly ImportedFile[], count: (file: ImportedFile) => number): number {
  return files.reduce((total, file) => total + count(file), 0);
}

function sumByCode(files: readonly ImportedFile[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { refused } of files) {
    for (const [code, count] of Object.entries(refused.byCode)) counts[code] = (counts[code] ?? 0) + count;
  }
  return counts;
}
