/**
 * Command: one verb of the `tidemark` program, with its options, its help and what it does.
 *
 * In: the arguments after the verb. Out: an exit code: 0 when the command is done; 1 when the server refused it or did
 * not accept everything; 2 when the command line is wrong. The refusal of an unknown option names the nearest known
 * one.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util';

export interface Option {
  readonly type: 'string' | 'boolean';
  /** The name of the value in the help. */
  readonly value?: string;
  readonly help: string;
  readonly multiple?: boolean;
}
export type Options = Readonly<Record<string, Option>>;

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The text after `tidemark <name>` in the first line of the help. */
  readonly usage: string;
  /** Lines below the options, with the rules of the command. */
  readonly notes?: string;
  /** What is kept, and how to go on, after Ctrl-C. */
  readonly interrupted?: string;
  readonly examples: readonly string[];
  readonly options: Options;
  readonly positionalsMax: number;
  run(args: Args, io: Io): Promise<number>;
}

/** Everything that a command touches besides the server; tests supply their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder in which the user ran the command. */
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };
  /** Prints a line of the result. */
  out(line: string): void;
  /** Prints a line of progress or of an error. */
  note(line: string): void;
  /** Whether progress may redraw its line. */
  readonly isTty: boolean;
}

/** A command line that is wrong. */
export class UsageError extends Error {
  override name = 'UsageError';
}
/** An expected failure; `hint` says what the user does about it. */
export class CliError extends Error {
  override name = 'CliError';
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** The options of every command that calls a server. */
export const SERVER_OPTIONS = {
  url: { type: 'string', value: 'URL', help: 'server (default: TIDEMARK_URL, else the local stack)' },
  state: {
    type: 'string',
    value: 'DIR',
    help: 'state folder of the local stack, which has its keys (default: TIDEMARK_STATE, else .tidemark)',
  },
} as const satisfies Options;
export const TENANT_OPTION = {
  tenant: {
    type: 'string',
    value: 'ID',
    help: 'the tenant (default: that of the key in TIDEMARK_*_KEY, else demo); another tenant’s key is refused',
  },
} as const satisfies Options;
const HELP: Option = { type: 'boolean', help: 'show this help' };

type Value = string | boolean | (string | boolean)[] | undefined;

/** The parsed arguments. Every reader refuses an unfit value and names the option and the value. */
export class Args {
  readonly #values: Readonly<Record<string, Value>>;
  readonly positionals: readonly string[];

  constructor(values: Readonly<Record<string, Value>>, positionals: readonly string[]) {
    this.#values = values;
    this.positionals = positionals;
  }
  flag(name: string): boolean {
    return this.#values[name] === true;
  }
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }
  mustText(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === '') throw new UsageError(`--${name} is missing`);
    return value;
  }
  texts(name: string): string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }
  /** The items of a comma-separated list. */
  list(name: string): string[] | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : commaSeparated(text);
  }
  count(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${text}"`);
    }
    return value;
  }
  json(name: string): unknown {
    const text = this.text(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new UsageError(`--${name} is not JSON: ${(error as Error).message}`);
    }
  }
}

/** The arguments of the command; undefined when the user asked for help. */
export function parseCommand(command: Command, argv: readonly string[]): Args | undefined {
  const options: Options = { ...command.options, help: HELP };
  refuseUnknown(options, argv);
  let parsed: { values: Record<string, Value>; positionals: string[] };
  try {
    const config: ParseArgsConfig = { args: [...argv], options: toParseOptions(options), allowPositionals: true };
    parsed = parseArgs(config) as typeof parsed;
  } catch (error) {
    throw new UsageError(explainParseError(error as Error));
  }
  if (parsed.values.help) return undefined;
  const extra = parsed.positionals[command.positionalsMax];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many`);
  return new Args(parsed.values, parsed.positionals);
}

/** The refusal of Node's parser in the words of this program. Its messages name the option as `'--top <value>'`. */
function explainParseError({ message }: Error): string {
  const [, option] = /'(--[^' ]+)/.exec(message) ?? [];
  if (option === undefined) return message.split('. ')[0] ?? message;
  if (message.includes('does not take an argument')) return `${option} takes no value`;
  if (message.includes('ambiguous')) return `the value of ${option} looks like an option: write ${option}=VALUE`;
  if (message.includes('argument missing')) return `${option} needs a value`;
  return message.split('. ')[0] ?? message;
}

function toParseOptions(options: Options): NonNullable<ParseArgsConfig['options']> {
  const entries = Object.entries(options).map(([name, { type, multiple }]) => [
    name,
    { type, multiple: multiple ?? false },
  ]);
  return Object.fromEntries(entries);
}

function refuseUnknown(options: Options, argv: readonly string[]): void {
  for (const [index, argument] of argv.entries()) {
    if (argument === '--') return;
    const name = /^--([^=]+)/.exec(argument)?.[1];
    const isValue = index > 0 && takesValue(options, argv[index - 1] ?? '');
    if (name === undefined || isValue || options[name]) continue;
    const near = nearest(name, Object.keys(options));
    throw new UsageError(`there is no option --${name}${near ? ` (did you mean --${near}?)` : ''}`);
  }
}

function takesValue(options: Options, argument: string): boolean {
  return argument.startsWith('--') && !argument.includes('=') && options[argument.slice(2)]?.type === 'string';
}

/** The nearest known word, when no more than a third of its letters differ. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return ranked && ranked.distance <= Math.max(1, Math.ceil(ranked.candidate.length / 3))
    ? ranked.candidate
    : undefined;
}

/** The Levenshtein distance, computed one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, help: HELP });
  const names = options.map(([name, { value, type }]) => `--${name}${type === 'string' ? ` ${value ?? 'TEXT'}` : ''}`);
  const width = Math.max(...names.map((name) => name.length));
  const lines = options.map(([, { help }], index) => `  ${(names[index] ?? '').padEnd(width)}  ${help}`);
  return [
    `tidemark ${command.name} ${command.usage}`.trimEnd(),
    '',
    command.summary,
    '',
    'Options:',
    ...lines,
    ...(command.notes ? ['', command.notes.trim()] : []),
    '',
    'Examples:',
    ...command.examples.map((example) => `  tidemark ${example}`),
  ].join('\n');
}

/** The items between the commas, trimmed, without empty ones. */
export function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
