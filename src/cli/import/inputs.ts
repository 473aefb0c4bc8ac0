/**
 * Input: one file of an import with its shape, and the mapping of its rows.
 *
 * The options `--from`, `--map`, `--format`, `--encoding`, `--separator` and `--no-header` hold for all files of a command.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Args, CliError, type Io, UsageError } from '../kit/command.ts';
import { inlineMapping, isInline, type Pair, parsePairs } from './inline-mapping.ts';
import { FORMATS, type Format, guessFormat, loadMapping, type Mapping } from './mapping.ts';
import { parseEncoding } from './read/encoding.ts';
import { parseSeparator } from './read/separator.ts';
import { readRows } from './rows.ts';
import { describeShape, type FileShape, surveyFile } from './survey.ts';

export interface Input {
  readonly path: string;
  readonly name: string;
  readonly shape: FileShape;
  readonly map: Mapping<unknown>;
}

export interface Inputs {
  readonly inputs: readonly Input[];
  /** The source of the mapping, which an import's id is made of. */
  readonly mapSource: Uint8Array;
}

/** What vendors export and servers log, by the names that `--from` takes. */
export interface HistoryFormats {
  readonly names: readonly string[];
  /** Null when there is no format of that name. */
  find(name: string): Promise<{ readonly format?: Format; open(): Mapping<unknown> } | null>;
}

export async function readInputs(args: Args, io: Io, formats: HistoryFormats): Promise<Inputs> {
  if (args.positionals.length === 0) throw new UsageError('name the file to import');
  const source = await readSource(args, io, formats);
  const inputs: Input[] = [];
  for (const name of args.positionals) {
    const path = resolve(io.cwd, name);
    const shape = await surveyFile(path, {
      format: formatOf(args.text('format'), source, path),
      encoding: ifGiven(args.text('encoding'), parseEncoding),
      separator: ifGiven(args.text('separator'), parseSeparator) ?? (/\.tsv(\.gz)?$/i.test(path) ? '\t' : undefined),
      hasHeader: !args.flag('no-header'),
    });
    const same = inputs.find((input) => input.shape.hash === shape.hash);
    if (same) {
      io.note(`${basename(path)} has the same content as ${same.name} and is left out`);
      continue;
    }
    io.note(`${basename(path)}: ${describeShape(shape)}`);
    noteDoubleColumns(shape, io);
    const map = source.open?.() ?? (await inlineMapOf(source.pairs, path, shape));
    inputs.push({ path, name: basename(path), shape, map });
  }
  return { inputs, mapSource: source.bytes };
}

/** The mapping that the user has named. */
interface MapSource {
  /** Makes the mapping of one file. Absent for pairs, whose mapping needs the columns of the file. */
  readonly open?: () => Mapping<unknown>;
  readonly format?: Format | undefined;
  readonly pairs: readonly Pair[];
  readonly bytes: Uint8Array;
}

async function readSource(args: Args, io: Io, { names, find }: HistoryFormats): Promise<MapSource> {
  const from = args.text('from');
  if (from === undefined) return readMapSource(args.mustText('map'), io);
  if (args.text('map') !== undefined) throw new UsageError('--from and --map are two ways to say the same; give one');
  const history = await find(from);
  if (history === null) throw new UsageError(`--from takes ${names.join(', ')}, not "${from}"`);
  return { open: () => history.open(), format: history.format, pairs: [], bytes: Buffer.from(`from ${from}`) };
}

async function readMapSource(text: string, io: Io): Promise<MapSource> {
  const file = resolve(io.cwd, text);
  if (isInline(text) && !existsSync(file)) return { pairs: parsePairs(text), bytes: Buffer.from(text) };
  const { map, format } = await loadMapping(file);
  return { open: () => map, format, pairs: [], bytes: readFileSync(file) };
}

function formatOf(requested: string | undefined, source: MapSource, file: string): Format {
  if (requested === undefined) return source.format ?? guessFormat(file);
  const format = FORMATS.find((known) => known === requested);
  if (!format) throw new UsageError(`--format takes ${FORMATS.join(', ')}, not "${requested}"`);
  return format;
}

function ifGiven<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

function noteDoubleColumns({ columns }: FileShape, io: Io): void {
  const double = columns.filter((column, index) => columns.indexOf(column) !== index);
  for (const column of new Set(double)) {
    io.note(`  The column "${column}" is there more than once; a row has the value of the last one`);
  }
}

async function inlineMapOf(pairs: readonly Pair[], path: string, shape: FileShape): Promise<Mapping<unknown>> {
  if (shape.format === 'lines') {
    throw new CliError(
      `${basename(path)} is read as plain lines, which have no columns for --map`,
      'Say --format csv or --format ndjson, or write a mapping module.',
    );
  }
  const isCsv = shape.format === 'csv';
  return inlineMapping(pairs, isCsv ? shape.columns : await membersOf(path, shape), isCsv);
}

/** The names of the members that the first rows have. */
async function membersOf(path: string, shape: FileShape): Promise<string[]> {
  const names = new Set<string>();
  for await (const rows of readRows(path, shape)) {
    for (const row of rows)
      if (typeof row === 'object' && row !== null) for (const name of Object.keys(row)) names.add(name);
    break;
  }
  return [...names];
}
