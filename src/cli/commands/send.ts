/**
 * `tidemark send`: sends one event from options, or many as NDJSON from a file or standard input.
 */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { openBytes } from '../import/read/bytes.ts';
import { BLANK, Unreadable } from '../import/read/row.ts';
import { readJson } from '../import/rows.ts';
import { describeAccounts, newAccounts, sendBatch, type WireEvent } from '../kit/batches.ts';
import { Client } from '../kit/client.ts';
import {
  type Args,
  CliError,
  type Command,
  type Io,
  SERVER_OPTIONS,
  TENANT_OPTION,
  UsageError,
} from '../kit/command.ts';
import { findServer } from '../kit/keys.ts';
import { confirmTenant } from '../kit/tenant.ts';

/** One request is well below what the server takes: `requestEventsMax` and `bodySizeBytesMax` of the limits. */
const BATCH_EVENTS_MAX = 1_000;
const BATCH_LENGTH_MAX = 1_000_000;
const ERRORS_SHOWN_MAX = 10;

export const send: Command = {
  name: 'send',
  summary: 'Send one event, or NDJSON from a file or standard input',
  usage: '--event NAME [--user ID] [--property k=v …] | FILE.ndjson | - < FILE.ndjson',
  notes: `
A file has one event a line, or is one JSON array of events; it may be gzip. An event without an id gets one, so that a
repeated request counts once. The exit code is 1 when the server rejected an event. Use tidemark import for a long
history.`,
  examples: [
    'send --event Purchase --user ann --property value=12.5 --property plan=pro',
    'send --type page --anonymous device-1 --properties \'{"path":"/pricing"}\'',
    'send events.ndjson --tenant shop',
  ],
  options: {
    event: { type: 'string', value: 'NAME', help: 'name of the event' },
    type: { type: 'string', value: 'TYPE', help: 'track (default), page, screen, identify, group or alias' },
    user: { type: 'string', value: 'ID', help: 'id of the person (userId)' },
    anonymous: { type: 'string', value: 'ID', help: 'id of the device (anonymousId)' },
    id: { type: 'string', value: 'ID', help: 'idempotency key (default: random)' },
    timestamp: { type: 'string', value: 'TIME', help: 'time of the event, ISO 8601 (default: now)' },
    property: {
      type: 'string',
      value: 'K=V',
      multiple: true,
      help: 'a property; may be repeated. Numbers, true, false and null keep their type',
    },
    properties: { type: 'string', value: 'JSON', help: 'the properties as a JSON object' },
    context: { type: 'string', value: 'JSON', help: 'the context as a JSON object' },
    json: { type: 'boolean', help: 'print the accounts as JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 1,
  async run(args, io) {
    const server = findServer(args, io);
    const client = new Client({ url: server.url, key: server.mustKey('write') });
    await confirmTenant(server, 'write', client, io);
    const accounts = newAccounts();
    for await (const { events, offset } of batchesOf(args, io)) await sendBatch(client, events, accounts, offset);
    if (args.flag('json')) io.out(JSON.stringify(accounts, null, 2));
    else io.out(describeAccounts(accounts));
    if (accounts.received === 0) io.note('The input has no events: nothing was sent.');
    for (const { index, id, code, path, message } of accounts.errors.slice(0, ERRORS_SHOWN_MAX)) {
      io.note(`  event ${index + 1}${id ? ` (${id})` : ''}: ${code}${path ? ` at ${path}` : ''}: ${message}`);
    }
    if (accounts.errors.length > ERRORS_SHOWN_MAX) io.note('  and more');
    return accounts.rejected > 0 ? 1 : 0;
  },
};

interface Batch {
  readonly events: readonly WireEvent[];
  /** Position of the first event in the input. */
  readonly offset: number;
}

async function* batchesOf(args: Args, io: Io): AsyncGenerator<Batch> {
  const [file] = args.positionals;
  const isSingle = ['event', 'type', 'user', 'anonymous', 'properties'].some((name) => args.text(name) !== undefined);
  if (isSingle && file) throw new UsageError('the options describe an event, so no file can be sent with them');
  if (isSingle) return yield { events: [eventOf(args)], offset: 0 };
  if (!file && io.stdin.isTTY)
    throw new UsageError('there is nothing to send: give --event, a file, or NDJSON on standard input');
  yield* readBatches(!file || file === '-' ? io.stdin : openBytes(resolve(io.cwd, file)));
}

async function* readBatches(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Batch> {
  let events: WireEvent[] = [];
  let length = 0;
  let offset = 0;
  let number = 0;
  for await (const values of readJson(source)) {
    for (const value of values) {
      number++;
      if (value === BLANK) continue;
      const event = mustEvent(value, number);
      events.push(event);
      length += JSON.stringify(event).length;
      if (events.length < BATCH_EVENTS_MAX && length < BATCH_LENGTH_MAX) continue;
      yield { events, offset };
      offset += events.length;
      events = [];
      length = 0;
    }
  }
  if (events.length > 0) yield { events, offset };
}

function mustEvent(value: unknown, number: number): WireEvent {
  if (value instanceof Unreadable) {
    const hint =
      'Each line is a JSON object. Earlier batches have been sent; sending them again is safe when their events have ids.';
    const { reason } = value;
    const verb = reason.startsWith('it ') ? reason.slice('it '.length) : `cannot be read: ${reason}`;
    throw new CliError(`Line ${number} ${verb}`, hint);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CliError(`Line ${number} is not an object`);
  return { ...value, id: idOf(value as Record<string, unknown>) };
}

/** The id of the event, even one that the server refuses; a random one when it has none. */
function idOf(event: Record<string, unknown>): string {
  return (event.id ?? event.messageId ?? randomUUID()) as string;
}

function eventOf(args: Args): WireEvent {
  const type = args.text('type') ?? 'track';
  if (type === 'track' && !args.text('event')) throw new UsageError('--event is missing');
  return {
    id: args.text('id') ?? randomUUID(),
    type,
    event: args.text('event'),
    userId: args.text('user'),
    anonymousId: args.text('anonymous'),
    timestamp: args.text('timestamp') ?? new Date().toISOString(),
    properties: { ...(args.json('properties') as object | undefined), ...propertiesOf(args.texts('property')) },
    context: args.json('context'),
  };
}

function propertiesOf(pairs: readonly string[]): Record<string, unknown> {
  const entries = pairs.map((pair) => {
    const cut = pair.indexOf('=');
    if (cut < 1) throw new UsageError(`--property takes name=value, not "${pair}"`);
    return [pair.slice(0, cut), scalarOf(pair.slice(cut + 1))] as const;
  });
  return Object.fromEntries(entries);
}

function scalarOf(text: string): unknown {
  return /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(text) ? JSON.parse(text) : text;
}
