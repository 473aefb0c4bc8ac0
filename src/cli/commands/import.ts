/**
 * `tidemark import`: sends files of history through a mapping into the lake and has their days sealed.
 *
 * survey the files → read rows → map → cut chunks → send (a few at a time) → finish → wait until the days are sealed
 *
 * All files of a command are one import: a day that several of them touch is sealed once.
 */
import { createHash } from 'node:crypto';
import { LIMITS } from '../../core/limits.ts';
import { type Chunk, cutChunks, newRowCounts } from '../import/chunks.ts';
import { HISTORY_FORMATS } from '../import/from/formats.ts';
import { type Input, readInputs } from '../import/inputs.ts';
import { Journal } from '../import/journal.ts';
import { previewInput, renderPreview } from '../import/preview.ts';
import { RefusedRows } from '../import/refused.ts';
import { readRows } from '../import/rows.ts';
import { finishImport, type ImportStatus, type SentVersion, waitUntilSealed } from '../import/status.ts';
import { type ImportedFile, isAllTaken, renderSummary, summaryOf } from '../import/summary.ts';
import { undoImport } from '../import/undo.ts';
import { type UploadTotals, uploadChunks } from '../import/upload.ts';
import { drawVersion } from '../import/version.ts';
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
const FILES_MAX = 1_000;

export const importCommand: Command = {
  name: 'import',
  summary: 'Import history: CSV, NDJSON, JSON or logs through a mapping, or what another vendor exports',
  usage:
    'FILE… --tenant T --map MAP.ts|PAIRS | --from NAME [--dry-run] [--replace] [--id NAME] [--no-wait] | undo ID --tenant T',
  interrupted: 'The chunks that arrived are kept: run the same command again to continue.',
  notes: `
MAP.ts exports default (row, rowNumber) => event | null: null skips the row, a throw counts it as unreadable. It may
also export format: 'csv' | 'ndjson' | 'lines'. Without code: --map 'event=Purchase,time=created_at,user=customer,
value=amount:number' names the column of each field; a text between quotes is the same for all rows. Without either:
--from segment, rudderstack, mixpanel, amplitude, posthog, snowplow, ga4, matomo, umami, plausible, apache, nginx, cloudfront or
iis reads what these export or log. Format, encoding
and separator are guessed and told; gzip is unpacked. --dry-run shows the first events and what would be refused.
A row without an id gets one made of the hash of the file and the row number, so a file counts once however often it is
imported. Run the same command again to continue an interrupted import. The import is named by the hash of its files: a file
that is imported already, through another mapping, needs --replace, which puts the new events in the place of the old ones, or
--id NAME, which imports it once more beside them. import undo ID takes an import back. Nothing counts before all chunks have
arrived. Rows that are not taken are written to
FILE.refused.ndjson with the reasons. The exit code is 0 when all was taken, 1 when a row was refused or the files gave
no event; rows at which MAP.ts throws do not change it. docs/guides/import.md says more.`,
  examples: [
    'import online_retail.csv.gz --tenant demo --map examples/online-retail.map.ts',
    "import orders.csv --tenant shop --map 'event=Purchase,time=created_at,user=customer,value=amount:number'",
    'import orders-*.csv --tenant shop --map orders.map.ts --dry-run',
    'import access.log.gz --tenant shop --map examples/apache-log.map.ts --no-wait',
    'import events-*.ndjson.gz --tenant shop --from mixpanel',
    'import orders.csv --tenant shop --map corrected.map.ts --replace',
    'import undo 3f1c9a0d4b5e6f7081920a1b --tenant shop',
  ],
  options: {
    tenant: { type: 'string', value: 'T', help: 'the tenant that gets the events' },
    map: {
      type: 'string',
      value: 'MAP',
      help: 'the mapping: a module, or pairs such as event=Purchase,time=created_at',
    },
    from: {
      type: 'string',
      value: 'NAME',
      help: 'read the export of a vendor, or the log of a server, instead of --map',
    },
    'dry-run': { type: 'boolean', help: 'show what would be sent, and send nothing' },
    format: {
      type: 'string',
      value: 'F',
      help: 'csv, ndjson or lines (default: the format of the mapping, else that of the file’s name)',
    },
    encoding: {
      type: 'string',
      value: 'E',
      help: 'utf-8, utf-16le, utf-16be, windows-1252 or latin1 (default: guessed from the bytes)',
    },
    separator: {
      type: 'string',
      value: 'S',
      help: 'comma, semicolon, tab, pipe or another character (default: guessed from the first rows)',
    },
    'no-header': { type: 'boolean', help: 'the first row of the CSV is data; its columns are called 1, 2, 3 …' },
    time: { type: 'string', value: 'now', help: 'now: a row without a time happens now (default: it is refused)' },
    replace: {
      type: 'boolean',
      help: 'put the events in the place of those of the same files that are imported already',
    },
    id: {
      type: 'string',
      value: 'NAME',
      help: 'name of the import, also in the ids of its rows (default: a hash of the files)',
    },
    'no-wait': { type: 'boolean', help: 'end when all events are stored; their days are sealed soon after' },
    concurrency: { type: 'string', value: 'N', help: `requests in flight (default ${CONCURRENCY_DEFAULT})` },
    'chunk-rows': { type: 'string', value: 'N', help: `rows in one request (default ${CHUNK_ROWS_DEFAULT})` },
    json: { type: 'boolean', help: 'print the summary as JSON' },
    ...SERVER_OPTIONS,
  },
  positionalsMax: FILES_MAX,
  async run(args, io) {
    if (args.positionals[0] === 'undo') return undoImport(args, io);
    const startedAtMs = Date.now();
    const isNow = isTimeNow(args);
    if (args.flag('dry-run')) return preview(args, io, isNow ? startedAtMs : undefined);
    const job = await prepare(args, io);
    const { files, totals } = await sendRows(job, io, isNow ? job.journal.startedAtMs(startedAtMs) : undefined);
    const status = totals.chunks > 0 ? await finish(job, totals.chunks, { args, io }) : undefined;
    const { importId, version } = job;
    const summary = summaryOf({
      importId,
      version,
      tenant: job.server.tenant,
      files,
      totals,
      status,
      elapsedMs: Date.now() - startedAtMs,
    });
    for (const line of args.flag('json') ? [JSON.stringify(summary, null, 2)] : renderSummary(summary)) io.out(line);
    for (const { refused, input } of files) {
      if (refused.writeFailure)
        io.note(`The refused rows of ${input.name} could not be written: ${refused.writeFailure}`);
    }
    return isAllTaken(summary) ? 0 : 1;
  },
};

interface Job {
  readonly inputs: readonly Input[];
  readonly importId: string;
  readonly version: number;
  readonly idPrefix: (input: Input) => string;
  readonly rowsMax: number;
  readonly concurrency: number;
  readonly server: Server;
  readonly client: Client;
  readonly journal: Journal;
}

function isTimeNow(args: Args): boolean {
  const time = args.text('time');
  if (time !== undefined && time !== 'now') throw new UsageError(`--time takes now, not "${time}"`);
  return time === 'now';
}

async function preview(args: Args, io: Io, nowMs: number | undefined): Promise<number> {
  const { inputs } = await readInputs(args, io, HISTORY_FORMATS);
  const progress = startProgress(io, 'Reading', sizeOf(inputs));
  let readBytes = 0;
  const onBytes = (count: number) => {
    readBytes += count;
    progress.update(readBytes, 'nothing is sent');
  };
  const previews = [];
  try {
    for (const input of inputs)
      previews.push(await previewInput(input, { idPrefix: idPrefixOf(args)(input), nowMs, onBytes }));
  } finally {
    progress.end();
  }
  if (args.flag('json')) io.out(JSON.stringify({ dryRun: true, files: previews }, null, 2));
  else for (const line of [...previews.flatMap(renderPreview), 'Nothing was sent.']) io.out(line);
  const isLoss = (code: string) => code !== 'mapping-failed';
  return previews.some(({ rows, refused }) => rows.mapped === 0 || Object.keys(refused.byCode).some(isLoss)) ? 1 : 0;
}

async function prepare(args: Args, io: Io): Promise<Job> {
  if (args.positionals.length === 0) throw new UsageError('name the file to import');
  args.mustText('tenant');
  const rowsMax = args.count('chunk-rows', 1, LIMITS.importChunkRowsMax) ?? CHUNK_ROWS_DEFAULT;
  const concurrency = args.count('concurrency', 1, CONCURRENCY_MAX) ?? CONCURRENCY_DEFAULT;
  const { inputs, mapSource } = await readInputs(args, io, HISTORY_FORMATS);
  const server = findServer(args, io);
  const key = server.mustKey('write');
  const onRetry = (reason: string, waitMs: number) =>
    io.note(`${reason}; trying again in ${(waitMs / 1_000).toFixed(1)} s`);
  const client = new Client({ url: server.url, key, triesMax: TRIES_MAX, waitsForQuota: true, onRetry });
  await confirmTenant(server, 'write', client, io);
  const importId = args.text('id') ?? importIdOf(inputs);
  const fingerprint = fingerprintOf(inputs, mapSource, { rowsMax, isNow: isTimeNow(args) });
  const { version, isNew } = await drawVersion(client, importId, { fingerprint, replace: args.flag('replace') });
  const journal = new Journal(server.stateFolder, { url: server.url, key, importId, version });
  if (isNew) journal.forget();
  else if (journal.chunkCount > 0)
    io.note(`Continuing import ${importId}: ${journal.chunkCount} chunks are already stored`);
  const idPrefix = idPrefixOf(args);
  return { inputs, importId, version, idPrefix, rowsMax, concurrency, server, client, journal };
}

/** An id made of the files: the same files are the same import, through whatever mapping. */
function importIdOf(inputs: readonly Input[]): string {
  const hash = createHash('sha256');
  for (const { shape } of inputs) hash.update(shape.hash);
  return hash.digest('hex').slice(0, IMPORT_ID_LENGTH);
}

/** Names what the events are made from: the files and how they are read, the mapping, and how chunks are cut. */
function fingerprintOf(
  inputs: readonly Input[],
  mapSource: Uint8Array,
  cut: { readonly rowsMax: number; readonly isNow: boolean },
): string {
  const shapes = inputs.map(({ shape: { hash, format, layout, codec, separator, hasHeader } }) => [
    hash,
    format,
    layout,
    codec.encoding,
    separator,
    hasHeader,
  ]);
  return createHash('sha256')
    .update(mapSource)
    .update(JSON.stringify([shapes, cut]))
    .digest('hex')
    .slice(0, IMPORT_ID_LENGTH);
}

/** Rows of one file have the same ids in each version of an import; an import of another name has ids of its own. */
function idPrefixOf(args: Args): (input: Input) => string {
  const name = args.text('id');
  return ({ shape }) => `${shape.hash.slice(0, ROW_ID_PREFIX_LENGTH)}${name === undefined ? '' : `-${name}`}`;
}

function sizeOf(inputs: readonly Input[]): number {
  return inputs.reduce((sum, { shape }) => sum + shape.sizeBytes, 0);
}

async function sendRows(
  job: Job,
  io: Io,
  nowMs: number | undefined,
): Promise<{ files: ImportedFile[]; totals: UploadTotals }> {
  const files = job.inputs.map((input) => ({
    input,
    counts: newRowCounts(),
    refused: new RefusedRows({ path: input.path, ...input.shape, isWritten: true }),
  }));
  const progress = startProgress(io, 'Reading', sizeOf(job.inputs));
  let readBytes = 0;
  const show = (acknowledged: number) => {
    const rowsRead = files.reduce((sum, { counts }) => sum + counts.read, 0);
    progress.update(readBytes, `${formatNumber(rowsRead)} rows read, ${formatNumber(acknowledged)} stored`);
  };
  const fileOfChunk = new Map<number, ImportedFile>();
  const onChunk = (chunk: Chunk, file: ImportedFile) => void fileOfChunk.set(chunk.index, file);
  const { rowsMax, idPrefix } = job;
  const chunks = chunksOf(files, { rowsMax, idPrefix, nowMs, onBytes: (count) => (readBytes += count), onChunk });
  try {
    const { client, journal, importId, version, concurrency } = job;
    const totals = await uploadChunks(chunks, {
      client,
      journal,
      importId,
      version,
      concurrency,
      onAcknowledged: ({ accepted }) => show(accepted),
      onRejected: (refusal, { index }) => fileOfChunk.get(index)?.refused.add(refusal),
    });
    show(totals.accepted);
    return { files, totals };
  } finally {
    for (const { refused } of files) refused.flush();
    progress.end();
  }
}

interface ChunkSource {
  readonly rowsMax: number;
  readonly idPrefix: (input: Input) => string;
  readonly nowMs: number | undefined;
  readonly onBytes: (count: number) => void;
  readonly onChunk: (chunk: Chunk, file: ImportedFile) => void;
}

/** The chunks of one file after another, numbered throughout. */
async function* chunksOf(
  files: readonly ImportedFile[],
  { rowsMax, idPrefix, nowMs, onBytes, onChunk }: ChunkSource,
): AsyncGenerator<Chunk> {
  let firstIndex = 0;
  for (const file of files) {
    const { input, counts, refused } = file;
    const chunks = cutChunks(readRows(input.path, input.shape, onBytes), input.map, {
      rowsMax,
      firstIndex,
      idPrefix: idPrefix(input),
      counts,
      nowMs,
      onRefused: (refusal) => refused.add(refusal),
    });
    for await (const chunk of chunks) {
      firstIndex = chunk.index + 1;
      onChunk(chunk, file);
      yield chunk;
    }
  }
}

async function finish(
  { client, importId, version }: Job,
  chunks: number,
  { args, io }: { readonly args: Args; readonly io: Io },
): Promise<ImportStatus> {
  const sent: SentVersion = { importId, version, chunks };
  const stored = await finishImport(client, sent);
  if (args.flag('no-wait')) return stored;
  const progress = startProgress(io, 'Sealing', stored.days);
  try {
    return await waitUntilSealed(client, sent, (status) =>
      progress.update(status.sealed, `${status.sealed} of ${status.days} days sealed`),
    );
  } finally {
    progress.end();
  }
}
