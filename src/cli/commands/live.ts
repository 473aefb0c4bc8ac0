/**
 * `tidemark live`: shows events, and refusals with their reasons, as they arrive, until Ctrl-C.
 *
 * The command reads server-sent events with the read key in a header. When the connection ends it opens another one that goes
 * on after the last message, so no event is shown twice, and it says when some are lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveMessage } from '../../wire/live.ts';
import type { ProblemDocument } from '../../wire/problem.ts';
import { type Args, CliError, type Command, type Io, SERVER_OPTIONS, TENANT_OPTION } from '../kit/command.ts';
import { printable } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';

type Body = Exclude<LiveMessage, { type: 'beat' }>;
type FedEvent = Body['events'][number];
type FedRefusal = Body['refused'][number];

const FILTERS = ['event', 'path', 'country', 'source'] as const;
const RETRY_AFTER_MS = 1_000;
const SECONDS_MAX = 86_400;

export const live: Command = {
  name: 'live',
  summary: 'Show events and refusals as they arrive',
  usage: '[--event NAME] [--path P] [--country C] [--source S] [--seconds N] [--json]',
  notes: `
The last five minutes come first. A line is an event, or begins with "refused" and says the code, the place and the reason; the
body of a refusal is in GET /v1/arrivals. Ctrl-C ends the command.`,
  examples: ['live --tenant demo', 'live --event Purchase --country DE'],
  options: {
    event: { type: 'string', value: 'NAME', help: 'only events of this name' },
    path: { type: 'string', value: 'P', help: 'only events of this page' },
    country: { type: 'string', value: 'C', help: 'only events from this country' },
    source: { type: 'string', value: 'S', help: 'only events of this protocol, such as segment' },
    seconds: { type: 'string', value: 'N', help: 'end after N seconds (default: Ctrl-C ends the command)' },
    json: { type: 'boolean', help: 'print each message as a line of JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 0,
  async run(args, io) {
    const { server } = await openTenant(args, io, 'read');
    const key = server.mustKey('read');
    const seconds = args.count('seconds', 1, SECONDS_MAX);
    const ended = seconds === undefined ? new AbortController().signal : AbortSignal.timeout(seconds * 1_000);
    for (let after: number | null = null; !ended.aborted; ) {
      for await (const message of messages(streamUrl(server.url, args, after), key, ended)) {
        if (message.type === 'beat') continue;
        after = message.seq;
        show(message, args.flag('json'), io);
      }
      await sleep(RETRY_AFTER_MS, undefined, { signal: ended }).catch(() => {});
    }
    return 0;
  },
};

function streamUrl(base: string, args: Args, after: number | null): URL {
  const url = new URL('/v1/live', base);
  for (const name of FILTERS) {
    const value = args.text(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  if (after !== null) url.searchParams.set('after', String(after));
  return url;
}

function show(message: Body, isJson: boolean, io: Io): void {
  if (isJson) {
    io.out(JSON.stringify(message));
    return;
  }
  if (message.gap)
    io.note('Some events are not shown: they came faster than they could be told, or the pause was too long.');
  const lines = [
    ...message.events.map((event) => ({ at: event.receivedAt, line: lineOf(event) })),
    ...message.refused.map((refusal) => ({ at: refusal.receivedAt, line: refusalLine(refusal) })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1));
  for (const { line } of lines) io.out(printable(line));
}

function lineOf({ receivedAt, event, path, country, source, person }: FedEvent): string {
  return [receivedAt, event, path, country, source, person].filter((part) => part !== null).join('  ');
}

function refusalLine({ receivedAt, code, event, pointer, reason, source }: FedRefusal): string {
  return [receivedAt, 'refused', code, event, pointer, reason, source].filter((part) => part !== null).join('  ');
}

/** The messages of one connection, until it or the command ends. Throws when it is refused for good. */
async function* messages(url: URL, key: string, signal: AbortSignal): AsyncGenerator<LiveMessage> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal });
  } catch {
    return;
  }
  if (response.status >= 500 || response.status === 429) return;
  if (!response.ok || response.body === null) throw await refusalOf(response);
  let text = '';
  try {
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      const events = (text + part).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        if (event.startsWith('event: close')) return;
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) yield JSON.parse(data) as LiveMessage;
      }
    }
  } catch {
    // The connection broke: the caller opens another.
  }
}

async function refusalOf(response: Response): Promise<CliError> {
  const { code, detail } = (await response.json().catch(() => ({}))) as Partial<ProblemDocument>;
  return new CliError(`${code ?? response.status}: ${detail ?? 'The live stream was refused.'}`);
}
