/**
 * `tidemark import`: sends a file of history through a mapping module into the lake and has its days sealed.
 *
 * hash the file → read rows → map → cut chunks → send (a few at a time) → finish → wait until the days are sealed
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { LIMITS } from '../../core/limits.ts';
import { cutChunks, type RowCounts } from '../import/chunks.ts';
import { hashFile } from '../import/file-hash.ts';
import { Journal } from '../import/journal.ts';
import { FORMATS, type Format, guessFormat, loadMapping, type MappingModule } from '../import/mapping.ts';
import { readRows } from '../import/rows.ts';
import { findImport, finishImport, type ImportStatus, waitUntilSealed } from '../import/status.ts';
import { type UploadTotals, uploadChunks } from '../import/upload.ts';
import { Client } from '../kit/client.ts';
import { type Args, type Command, type Io, SERVER_OPTIONS, UsageError } from '../kit/command.ts';
import { findServer, type Server } from '../kit/keys.ts';
import { startProgress } from '../kit/progress.ts';
import { formatNumber } from '../kit/table.ts';
import { confirmTenant } from '../kit/tenant.ts';

const CHUNK_ROWS_DEFAULT = 10_000;

const CONCURRENCY_DEFAULT = 3;
const CONCURRENCY_MAX = 16;
/**
 * Calls made at most for one chunk. With the client's backoff they take about a minute, enough for a server to restart.
 */
const TRIES_MAX = 12;
const ROW_ID_PREFIX_LENGTH = 16;
const IMPORT_ID_LENGTH = 24;
const REJECTED_SHOWN_MAX = 20;

export const importCommand: Command = {
  name: 'import',
  summary: 'Import history from CSV, NDJSON or log lines, through a mapping module',
  usage: 'FILE --tenant T --map MAP.ts [--id ID] [--no-wait]',
  interrupted: 'The chunks that arrived are kept: run the same command again to continue.',
  notes: `
MAP.ts exports default (row, rowNumber) => event | null: null skips the row, a throw counts it as unreadable. It may
also export format: 'csv' | 'ndjson' | 'lines'. A row without an id gets one made of the hash of the file and the row
number, so a file counts once however often it is imported. Run the same command again to continue an interrupted
import. The exit code is 1 when the server rejected events or the file gave none. docs/guides/import.md says more.`,
  examples: [
    'import online_retail.csv.gz --tenant demo --map examples/online-retail.map.ts',
    'import access.log.gz --tenant shop --map examples/apache-log.map.ts --no-wait',
  ],
  options: {
    tenant: { type: 'string', value: 'T', help: 'the tenant that gets the events' },
    map: { type: 'string', value: 'MAP.ts', help: 'the mapping module' },
    format: {
      type: 'string',
      value: 'F',
      help: 'csv, ndjson or lines (default: the format of the mapping, else that of the file’s name)',
    },
    id: { type: 'string', value: 'ID', help: 'id of the import (default: a hash of file and mapping)' },
    'no-wait': { type: 'boolean', help: 'end when all events are stored; their days are sealed soon after' },
    concurrency: { type: 'string', value: 'N', help: `requests in flight (default ${CONCURRENCY_DEFAULT})` },
    'chunk-rows': { type: 'string', value: 'N', help: `rows in one request (default ${CHUNK_ROWS_DEFAULT})` },
    json: { type: 'boolean', help: 'print the summary as JSON' },
    ...SERVER_OPTIONS,
  },
  positionalsMax: 1,
  async run(args, io) {
    const startedAtMs = Date.now();
    const job = await prepare(args, io);
    const { counts, totals } = await sendRows(job, io);
    const status = totals.chunks > 0 ? await finish(job, args, io) : undefined;
    const summary = summaryOf({ job, counts, totals, status, elapsedMs: Date.now() - startedAtMs });
    for (const line of args.flag('json') ? [JSON.stringify(summary, null, 2)] : renderSummary(summary)) io.out(line);
    // Unreadable lines are usual in logs. Events that the server refused, or a file without events, point to a mistake.
    return totals.rejected > 0 || counts.mapped === 0 ? 1 : 0;
  },
};

interface Job {
  readonly file: string;
  readonly fileHash: string;
  readonly sizeBytes: number;
  readonly format: Format;
  readonly mapping: MappingModule;
  readonly importId: string;
  readonly rowsMax: number;
  readonly concurrency: number;
  readonly server: Server;
  readonly client: Client;
  readonly journal: Journal;
}

async function prepare(args: Args, io: Io): Promise<Job> {
  const [name] = args.positionals;
  if (!name) throw new UsageError('name the file to import');
  args.mustText('tenant');
  const file = resolve(io.cwd, name);
  const mapFile = resolve(io.cwd, args.mustText('map'));
  const rowsMax = args.count('chunk-rows', 1, LIMITS.importChunkRowsMax) ?? CHUNK_ROWS_DEFAULT;
  const concurrency = args.count('concurrency', 1, CONCURRENCY_MAX) ?? CONCURRENCY_DEFAULT;
  const mapping = await loadMapping(mapFile);
  const server = findServer(args, io);
  const key = server.mustKey('write');
  const onRetry = (reason: string, waitMs: number) =>
    io.note(`${reason}; trying again in ${(waitMs / 1_000).toFixed(1)} s`);
  const client = new Client({ url: server.url, key, triesMax: TRIES_MAX, waitsForQuota: true, onRetry });
  await confirmTenant(server, 'write', client, io);
  const fileHash = await hashFile(file);
  const importId = args.text('id') ?? importIdOf(fileHash, readFileSync(mapFile));
  const journal = new Journal(server.stateFolder, { url: server.url, key, importId });
  if (journal.chunkCount > 0) {
    if (await findImport(client, importId))
      io.note(`Continuing import ${importId}: ${journal.chunkCount} chunks are already stored`);
    else journal.forget();
  }
  const format = formatOf(args.text('format'), mapping, file);
  return {
    file,
    fileHash,
    sizeBytes: statSync(file).size,
    format,
    mapping,
    importId,
    rowsMax,
    concurrency,
    server,
    client,
    journal,
  };
}

function formatOf(requested: string | undefined, mapping: MappingModule, file: string): Format {
  if (requested === undefined) return mapping.format ?? guessFormat(file);
  const format = FORMATS.find((known) => known === requested);
  if (!format) throw new UsageError(`--format takes ${FORMATS.join(', ')}, not "${requested}"`);
  return format;
}

/** An id made of the file and the mapping: the same file through the same mapping is the same import. */
function importIdOf(fileHash: string, mapSource: Uint8Array): string {
  return createHash('sha256').update(fileHash).update(mapSource).digest('hex').slice(0, IMPORT_ID_LENGTH);
}

async function sendRows(job: Job, io: Io): Promise<{ counts: RowCounts; totals: UploadTotals }> {
  const counts: RowCounts = { read: 0, mapped: 0, skipped: 0, unreadable: 0, unreadableFirst: [] };
  const progress = startProgress(io, 'Reading', job.sizeBytes);
  let readBytes = 0;
  const show = (acknowledged: number) =>
    progress.update(readBytes, `${formatNumber(counts.read)} rows read, ${formatNumber(acknowledged)} stored`);
  const rows = readRows(job.file, job.format, (count) => (readBytes += count));
  const chunks = cutChunks(rows, job.mapping.map, {
    rowsMax: job.rowsMax,
    idPrefix: job.fileHash.slice(0, ROW_ID_PREFIX_LENGTH),
    counts,
  });
  try {
    const { client, journal, importId, concurrency } = job;
    const onAcknowledged = ({ accepted }: UploadTotals) => show(accepted);
    const totals = await uploadChunks(chunks, { client, journal, importId, concurrency, onAcknowledged });
    show(totals.accepted);
    return { counts, totals };
  } finally {
    progress.end();
  }
}

async function finish(job: Job, args: Args, io: Io): Promise<ImportStatus> {
  const stored = await finishImport(job.client, job.importId);
  if (args.flag('no-wait')) return stored;
  const progress = startProgress(io, 'Sealing', stored.days);
  try {
    return await waitUntilSealed(job.client, job.importId, (status) =>
      progress.update(status.sealed, `${status.sealed} of ${status.days} days sealed`),
    );
  } finally {
    progress.end();
  }
}

function summaryOf(run: {
  job: Job;
  counts: RowCounts;
  totals: UploadTotals;
  status: ImportStatus | undefined;
  elapsedMs: number;
}) {
  const { job, counts, totals, status, elapsedMs } = run;
  return {
    importId: job.importId,
    tenant: job.server.tenant,
    file: basename(job.file),
    rows: { read: counts.read, sent: counts.mapped, skipped: counts.skipped, unreadable: counts.unreadable },
    unreadable: counts.unreadableFirst,
    events: {
      received: totals.received,
      accepted: totals.accepted,
      duplicate: totals.duplicate,
      quarantined: totals.quarantined,
      rejected: totals.rejected,
    },
    rejectedByCode: totals.rejectedByCode,
    chunks: { count: totals.chunks, resumed: totals.resumed },
    days: { touched: status?.days ?? 0, sealed: status?.sealed ?? 0 },
    seconds: Math.round(elapsedMs / 100) / 10,
  };
}

function renderSummary({
  importId,
  tenant,
  rows,
  unreadable,
  events,
  rejectedByCode,
  chunks,
  days,
  seconds,
}: ReturnType<typeof summaryOf>): string[] {
  const n = formatNumber;
  const codes = Object.entries(rejectedByCode).slice(0, REJECTED_SHOWN_MAX);
  return [
    `Import ${importId} into ${tenant}: ${seconds} s`,
    `  rows    ${n(rows.read)} read, ${n(rows.sent)} sent, ${n(rows.skipped)} skipped, ${n(rows.unreadable)} unreadable`,
    ...unreadable.map(({ row, reason }) => `            row ${row}: ${reason}`),
    ...(rows.unreadable > unreadable.length ? [`            and ${n(rows.unreadable - unreadable.length)} more`] : []),
    `  events  ${n(events.accepted)} accepted, ${n(events.duplicate)} duplicate, ${n(events.quarantined)} quarantined, ${n(events.rejected)} rejected`,
    ...codes.map(([code, count]) => `            ${code}: ${n(count)}`),
    `  chunks  ${n(chunks.count)}${chunks.resumed > 0 ? `, ${n(chunks.resumed)} of them stored by an earlier run` : ''}`,
    `  days    ${n(days.touched)} touched, ${n(days.sealed)} sealed`,
  ];
}
