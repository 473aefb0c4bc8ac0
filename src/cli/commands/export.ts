/**
 * `tidemark export`: writes the events of a range to a file and checks that it is whole. Run again, an interrupted
 * export continues where it stopped.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../core/limits.ts';
import { BrokenExport, download, type Receipt, withoutFirstLine } from '../export/download.ts';
import { PartialFile } from '../export/partial-file.ts';
import { type Span, spansOf } from '../export/spans.ts';
import type { Client } from '../kit/client.ts';
import { type Args, CliError, type Command, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import { startProgress } from '../kit/progress.ts';
import { mustBeRange, zoneOf } from '../kit/question.ts';
import { formatNumber } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';
import { parseTime } from '../kit/times.ts';

const FORMATS = ['parquet', 'csv', 'ndjson'];
const PART_DAYS_DEFAULT = 7;
/** Calls made at most for one part. */
const TRIES_MAX = 4;
const RETRY_MS = 500;

type Question = Readonly<Record<string, unknown>>;

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write the events of a range to a file: Parquet, CSV or NDJSON',
  interrupted: 'What arrived is kept beside FILE: run the same command again to continue (Parquet starts anew).',
  usage: '--format F --from T [--to T] --out FILE [--events A,B] [--where JSON] [--columns C,C]',
  notes: `
The file has each event once, including events that were acknowledged just before. Each part is compared with the
server's receipt (bytes and SHA-256), and FILE appears when all parts have arrived. CSV and NDJSON are fetched in parts:
run the same command again to continue an interrupted export after its last whole part. Parquet is one call of at most
${LIMITS.queryRangeDaysMax} days and always starts from the beginning. In CSV, remove one leading ' from a text to get
the text that was sent: the export adds it so that spreadsheets run no formulas.`,
  examples: [
    'export --format parquet --from 2026-07-01 --to 2026-08-01 --out july.parquet',
    'export --format ndjson --from 2024-01-01 --out all.ndjson --tenant shop',
    'export --format csv --from 30d --events Purchase --columns at,user_id,country,properties --out purchases.csv',
  ],
  options: {
    format: { type: 'string', value: 'F', help: 'parquet, csv or ndjson' },
    from: {
      type: 'string',
      value: 'T',
      help: 'start, inclusive: a date, an ISO instant, today, yesterday, or a span back such as 7d',
    },
    to: { type: 'string', value: 'T', help: 'end, exclusive (default: tomorrow)' },
    out: { type: 'string', value: 'FILE', help: 'the file to write' },
    events: { type: 'string', value: 'A,B', help: 'only these events' },
    where: { type: 'string', value: 'JSON', help: 'only events that match this condition' },
    columns: { type: 'string', value: 'C,C', help: 'only these columns' },
    timezone: { type: 'string', value: 'ZONE', help: 'IANA zone of dates (default: the tenant’s)' },
    'part-days': {
      type: 'string',
      value: 'N',
      help: `days in one part of a CSV or NDJSON export (default ${PART_DAYS_DEFAULT})`,
    },
    force: { type: 'boolean', help: 'replace FILE if it exists' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 0,
  async run(args, io) {
    const nowMs = Date.now();
    const question = questionOf(args);
    rangeOf(args, nowMs, 'UTC');
    const partDays = args.count('part-days', 1, LIMITS.queryRangeDaysMax) ?? PART_DAYS_DEFAULT;
    const out = resolve(io.cwd, args.mustText('out'));
    if (existsSync(out) && !args.flag('force')) throw new CliError(`${out} already exists`, 'Replace it with --force.');
    if (!existsSync(dirname(out)))
      throw new CliError(`The folder ${dirname(out)} does not exist`, `Create it: mkdir -p ${dirname(out)}`);
    const { server, client, timezone } = await openTenant(args, io, 'read', {
      onRetry: (reason) => io.note(`${reason}; trying again`),
    });
    const { from, to } = rangeOf(args, nowMs, timezone ?? 'UTC');

    const spans = question.format === 'parquet' ? [{ from, to }] : spansOf(from, to, partDays);
    // The journal names the resolved spans: a relative range such as 7d is another range a moment later.
    const file = new PartialFile(out, JSON.stringify([server.url, server.tenant, question, spans]));
    if (file.done.spans > 0) io.note(`Continuing after part ${file.done.spans} of ${spans.length}`);
    const progress = startProgress(io, 'Exporting', spans.length);
    const written = () => `${formatNumber(file.done.rows)} events, ${megabytes(file.sizeBytes)}`;
    const show = () => progress.update(file.done.spans, written());
    let last: Receipt | undefined;
    try {
      for (const span of spans.slice(file.done.spans)) {
        last = await fetchSpan(client, question, span, file, { show, note: io.note });
        file.keep(last.rows);
        show();
      }
      file.finish();
    } catch (error) {
      file.close();
      throw error;
    } finally {
      progress.end();
    }
    io.out(`${written()}, in ${args.mustText('out')}`);
    const zone = timezone === undefined ? '' : `, dates of ${zoneOf(args, timezone)}`;
    if (last) io.out(`(${from} to ${to}${zone}, as of ${last.asOf}, equal to the server's receipt)`);
    return 0;
  },
};

function rangeOf(args: Args, nowMs: number, tenantZone: string): Span {
  const zone = zoneOf(args, tenantZone);
  const from = parseTime(args.mustText('from'), 'from', nowMs, zone);
  const to = parseTime(args.text('to') ?? 'tomorrow', 'to', nowMs, zone);
  mustBeRange(from, to);
  return { from, to };
}

async function fetchSpan(
  client: Client,
  question: Question,
  span: Span,
  file: PartialFile,
  { show, note }: { show: () => void; note: (line: string) => void },
): Promise<Receipt> {
  const append = (bytes: Uint8Array) => {
    file.append(bytes);
    show();
  };
  for (let tries = 1; ; tries++) {
    const isContinued = question.format === 'csv' && file.done.spans > 0;
    try {
      return await download(client, { ...question, ...span }, isContinued ? withoutFirstLine(append) : append);
    } catch (error) {
      file.rewind();
      if (!(error instanceof BrokenExport)) throw error;
      if (tries >= TRIES_MAX) {
        throw new CliError(`The export is not whole: ${error.message}`, 'Run the same command again to continue it.', {
          cause: error,
        });
      }
      note(`Trying again: ${error.message}`);
      await sleep(RETRY_MS * tries);
    }
  }
}

function questionOf(args: Args): Question {
  const format = args.mustText('format');
  if (!FORMATS.includes(format)) throw new UsageError(`--format takes ${FORMATS.join(', ')}, not "${format}"`);
  const question = {
    format,
    events: args.list('events'),
    where: args.json('where'),
    columns: args.list('columns'),
    timezone: args.text('timezone'),
  };
  return Object.fromEntries(Object.entries(question).filter(([, value]) => value !== undefined));
}

function megabytes(sizeBytes: number): string {
  return `${(sizeBytes / 1e6).toFixed(1)} MB`;
}
