/**
 * Mapping: the function that turns one row of a file into one event: a user's module, or the pairs of `--map`
 * (inline-mapping.ts).
 *
 * The import calls the module's default export as `(row, rowNumber) => event | [event, …] | null`; rows are numbered from 1, without the
 * header.
 * - A mapping returns null for a row that is not an event; the row is skipped and counted.
 * - A mapping throws for an unreadable row; the row is counted, and written down with the reason.
 * - A mapping returns the same event for the same row each time: the server recognises a repeated chunk by its content.
 */
import type { EventType } from '../../core/event/event.ts';
import { CliError } from '../kit/command.ts';
import { importModule } from './module-loader.ts';

export const FORMATS = ['csv', 'ndjson', 'lines'] as const;
export type Format = (typeof FORMATS)[number];

/** The fields of a CSV row by the names in the header. Every field is a text: no type is guessed. */
export type CsvRow = Readonly<Record<string, string>>;

/** A JSON value; undefined members are left out. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/**
 * An event as `POST /v1/import` takes it. An event without an id gets one made of the file's hash and the row number.
 */
export interface ImportEvent {
  id?: string;
  readonly type?: EventType;
  readonly event?: string;
  /** The name of a page or screen. */
  readonly name?: string;
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  /** The group that the person acts for, such as a company. */
  readonly groupId?: string | undefined;
  /** In an alias: the id that the person gives up. */
  readonly previousId?: string | undefined;
  /** ISO 8601 with a zone, or milliseconds since the epoch. A row without one is refused. */
  readonly timestamp: string | number;
  readonly properties?: { readonly [key: string]: Json };
  readonly context?: { readonly [key: string]: Json };
}

/** `Row` is CsvRow, the parsed JSON of an NDJSON line, or the text of a line. A row may be several events. */
export type Mapping<Row> = (row: Row, rowNumber: number) => ImportEvent | readonly ImportEvent[] | null;

export interface MappingModule {
  readonly map: Mapping<unknown>;
  readonly format: Format | undefined;
}

export async function loadMapping(path: string): Promise<MappingModule> {
  let module: { default?: unknown; format?: unknown };
  try {
    module = await importModule(path);
  } catch (error) {
    throw new CliError(`The mapping module ${path} does not load: ${(error as Error).message}`, undefined, {
      cause: error,
    });
  }
  if (typeof module.default !== 'function') {
    throw new CliError(
      `${path} has no default export`,
      'The module must export default (row, rowNumber) => event | null',
    );
  }
  const format = FORMATS.find((known) => known === module.format);
  if (module.format !== undefined && !format) {
    throw new CliError(
      `${path} exports the format ${JSON.stringify(module.format)}`,
      `A format is ${FORMATS.join(', ')}.`,
    );
  }
  return { map: module.default as Mapping<unknown>, format };
}

/** Guesses the format by the file's name, without `.gz`. */
export function guessFormat(path: string): Format {
  const name = path.toLowerCase().replace(/\.gz$/, '');
  if (/\.(nd)?jsonl?$/.test(name)) return 'ndjson';
  return /\.(csv|tsv)$/.test(name) ? 'csv' : 'lines';
}
