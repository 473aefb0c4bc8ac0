/**
 * Inline mapping: a mapping in one text, without code: `event=Purchase,time=created_at,user=customer,value=amount:number`.
 *
 * Each pair is `target=source`. The targets event, type, time, user, anonymous, group and id are those of an event; any
 * other one is a property. A source is
 * - a text between quotes: a constant, `plan='pro'`;
 * - a column, with a type if it is no text: `value=amount:number`. `address.city` is a member of a member in NDJSON;
 * - after `event=` and `type=` alone, a bare word that is no column: a constant too. A word that is nearly a column is
 *   refused, because it is more likely misspelt.
 *
 * An empty field is left out of its event. A field that is not what its type says makes the row unreadable.
 */

import { CliError, nearest, UsageError } from '../kit/command.ts';
import type { ImportEvent, Json, Mapping } from './mapping.ts';
import { RefusedRow } from './read/row.ts';

const TARGETS = {
  event: 'event',
  type: 'type',
  time: 'timestamp',
  user: 'userId',
  anonymous: 'anonymousId',
  group: 'groupId',
  id: 'id',
} as const;
type Target = keyof typeof TARGETS;

const CASTS: Readonly<Record<string, (value: unknown) => Json>> = {
  text: (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)),
  number: toExactNumber,
  boolean: toBoolean,
  json: (value) => (typeof value === 'string' ? JSON.parse(value) : (value as Json)),
  seconds: (value) => toNumber(value) * 1_000,
};

/** Shorter words are near to every short column. */
const WORD_LENGTH_MIN = 3;

export interface Pair {
  readonly target: string;
  readonly source: string;
  readonly isQuoted: boolean;
  /** The name of a cast. Undefined: the value as it is. */
  readonly type: string | undefined;
}

/** Whether the value of `--map` has pairs instead of the name of a file. */
export function isInline(text: string): boolean {
  return /^\s*[\w$.-]+\s*=/.test(text);
}

export function parsePairs(text: string): Pair[] {
  const pairs = splitPairs(text).map(parsePair);
  const targets = pairs.map(({ target }) => target);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice) throw new UsageError(`--map gives ${twice} twice`);
  if (!targets.includes('time')) throw new UsageError('--map has no time: name the column with time=COLUMN');
  if (!targets.includes('event') && !targets.includes('type'))
    throw new UsageError('--map has no event: name the column, or the event itself, with event=NAME');
  return pairs;
}

/** The pairs between the commas that stand outside of quotes. */
function splitPairs(text: string): string[] {
  return (text.match(/(?:'[^']*'|"[^"]*"|[^,'"])+/g) ?? []).map((pair) => pair.trim()).filter((pair) => pair !== '');
}

function parsePair(text: string): Pair {
  const cut = text.indexOf('=');
  const target = text.slice(0, cut).trim();
  const source = text.slice(cut + 1).trim();
  if (cut < 1 || target === '' || source === '') throw new UsageError(`--map takes target=source, not "${text}"`);
  const [, quoted] = /^(?:'([^']*)'|"([^"]*)")$/.exec(source)?.filter((part) => part !== undefined) ?? [];
  if (quoted !== undefined) return { target, source: quoted, isQuoted: true, type: undefined };
  const [, column, type] = /^(.*):([a-z]+)$/.exec(source) ?? [];
  if (column === undefined || type === undefined) return { target, source, isQuoted: false, type: undefined };
  if (!CASTS[type]) {
    const near = nearest(type, Object.keys(CASTS));
    throw new UsageError(
      `--map knows the types ${Object.keys(CASTS).join(', ')}, not "${type}"${near ? ` (did you mean ${near}?)` : ''}`,
    );
  }
  return { target, source: column, isQuoted: false, type };
}

type Row = Readonly<Record<string, unknown>>;
type Read = (row: Row) => unknown;

/**
 * `columns` are those of the header, or the members that the first rows of an NDJSON file have. In the latter case a later
 * row may have more, so that only a name that is nearly a known one is refused.
 */
export function inlineMapping(
  pairs: readonly Pair[],
  columns: readonly string[],
  areAllKnown: boolean,
): Mapping<unknown> {
  const fields: (readonly [string, Read])[] = [];
  const properties: (readonly [string, Read])[] = [];
  for (const pair of pairs) {
    const read = readerOf(pair, columns, areAllKnown);
    const isField = Object.hasOwn(TARGETS, pair.target);
    (isField ? fields : properties).push([isField ? TARGETS[pair.target as Target] : pair.target, read]);
  }
  return (row) => {
    if (typeof row !== 'object' || row === null) throw new Error('the row has no columns');
    const event: Record<string, unknown> = readAll(fields, row as Row);
    if (properties.length > 0) event.properties = readAll(properties, row as Row);
    return event as unknown as ImportEvent;
  };
}

function readAll(readers: readonly (readonly [string, Read])[], row: Row): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, read] of readers) {
    const value = read(row);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function readerOf(pair: Pair, columns: readonly string[], areAllKnown: boolean): Read {
  const { target, source, isQuoted, type } = pair;
  if (isQuoted || isConstant(pair, columns)) return () => source;
  mustBeColumn(pair, columns, areAllKnown);
  const path = columns.includes(source) ? [source] : source.split('.');
  const cast = type === undefined ? castOf(target) : CASTS[type];
  return (row) => {
    const value = valueAt(row, path);
    if (value === undefined || value === null || value === '') return undefined;
    if (!cast) return value;
    try {
      return cast(value);
    } catch (error) {
      throw new RefusedRow('value-invalid', `${source} ${JSON.stringify(value)} is not a valid ${type}`, {
        cause: error,
      });
    }
  };
}

function isConstant({ target, source, type }: Pair, columns: readonly string[]): boolean {
  if ((target !== 'event' && target !== 'type') || type !== undefined || isColumn(source, columns)) return false;
  const near = source.length < WORD_LENGTH_MIN ? undefined : nearest(source, columns);
  if (near === undefined) return true;
  throw new CliError(
    `${target}=${source}: the file has no column ${source}, but ${near}`,
    `Write ${target}=${near} for the column, or ${target}='${source}' for the text.`,
  );
}

function isColumn(source: string, columns: readonly string[]): boolean {
  return columns.includes(source) || columns.includes(source.split('.')[0] as string);
}

function mustBeColumn({ target, source }: Pair, columns: readonly string[], areAllKnown: boolean): void {
  if (isColumn(source, columns)) return;
  const near = nearest(source, columns);
  if (!areAllKnown && near === undefined) return;
  const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
  throw new CliError(
    `${target}=${source}: the file has no column ${source}${meant}`,
    `It has ${columns.slice(0, 30).join(', ')}. A text that is the same for all rows stands between quotes: ${target}='${source}'.`,
  );
}

function valueAt(row: Row, path: readonly string[]): unknown {
  let value: unknown = row;
  for (const step of path)
    value = Object(value) === value && Object.hasOwn(value as Row, step) ? (value as Row)[step] : undefined;
  return value;
}

/** A time in digits is a number: epoch milliseconds. */
function castOf(target: string): ((value: unknown) => unknown) | undefined {
  if (target !== 'time') return undefined;
  return (value) => (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value);
}

/** The text itself where a double would round it. */
function toExactNumber(value: unknown): number | string {
  const number = toNumber(value);
  return typeof value === 'string' && Math.abs(number) > Number.MAX_SAFE_INTEGER ? value.trim() : number;
}

function toNumber(value: unknown): number {
  const number = typeof value === 'number' ? value : Number(String(value).trim() || Number.NaN);
  if (!Number.isFinite(number)) throw new Error('not a number');
  return number;
}

function toBoolean(value: unknown): boolean {
  const word = String(value).trim().toLowerCase();
  if (['true', 'yes', '1'].includes(word)) return true;
  if (['false', 'no', '0'].includes(word)) return false;
  throw new Error('not true or false');
}
