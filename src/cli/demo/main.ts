/**
 * Demo: the program behind `npm run demo`: the local stack with an invented shop in it.
 *
 * start the stack → import the last month → boards, annotations, cohorts → people of this very moment, while the months before
 * are imported
 *
 * Whatever is sent follows from a seed and the time of the first run, and has ids: a run that was ended anywhere goes on.
 */
import { readFileSync } from 'node:fs';
import { SECOND_MS } from '../../core/limits.ts';
import { demoTenant, type LocalKeys } from '../../local/demo.ts';
import { stateFiles } from '../../local/paths.ts';
import { Client } from '../kit/client.ts';
import { formatNumber } from '../kit/table.ts';
import { historyOf } from '../simulate/shop/history.ts';
import { type Story, storyOf } from '../simulate/shop/story.ts';
import { type DemoState, type HistoryPart, openState, stateFileOf, writeState } from './demo-state.ts';
import { sendLive } from './live-sender.ts';
import { type DemoOptions, demoUsage, parseDemoOptions } from './options.ts';
import { labelled, newScreen, type Screen } from './screen.ts';
import { sendHistory } from './send-history.ts';
import { addRollups, markRush, type SetUpClients, setUp } from './set-up.ts';
import { type StackProcess, startStackProcess } from './stack-process.ts';

/** A demo whose stack serves. */
interface Demo {
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly clients: SetUpClients;
  readonly story: Story;
  readonly state: DemoState;
  /** Writes the state. */
  readonly keep: () => void;
}

const PEAK_RATE = 2.5;
const CALM_RATE = 0.7;
const KEEP_EVERY_MS = 2 * SECOND_MS;
/** Chunks at a time while nobody looks yet, and while the page wants answers too. */
const IN_A_HURRY = 3;
const IN_PASSING = 1;
/** A server that restarts answers within this many tries. */
const TRIES_MAX = 12;

async function runDemo(options: DemoOptions, stack: StackProcess, screen: Screen, signal: AbortSignal): Promise<void> {
  const demo = openDemo(options, stack, screen, signal);
  const { state, story, clients, keep } = demo;
  if (!state.isSetUp) await addRollups(clients.admin);
  const [first, ...others] = state.parts.filter(({ isSent }) => !isSent);
  if (first) await sendPart(demo, first, IN_A_HURRY);
  if (!state.isSetUp && !signal.aborted) {
    await setUp(clients, story, Math.min(...state.parts.map(({ startMs }) => startMs)));
    state.isSetUp = true;
    keep();
    screen.line(labelled('Boards', '"Every morning" and "Checkout", with annotations and cohorts'));
  }
  if (signal.aborted) return;
  screen.line(`\n  Open ${stack.url}\n`);
  await Promise.all([runLive(demo), sendParts(demo, others)]);
}

function openDemo(options: DemoOptions, { url }: StackProcess, screen: Screen, signal: AbortSignal): Demo {
  const { stateFolder } = options;
  const file = stateFileOf(stateFolder);
  const state = openState(file, options, Date.now());
  const keys = (JSON.parse(readFileSync(stateFiles(stateFolder).keys, 'utf8')) as LocalKeys).tenants[demoTenant];
  const clientOf = (key: string | undefined) => new Client({ url, key, triesMax: TRIES_MAX, waitsForQuota: true });
  const clients = { admin: clientOf(keys?.admin), server: clientOf(keys?.server) };
  return { screen, signal, clients, story: storyOf(state), state, keep: () => writeState(file, state) };
}

async function sendParts(demo: Demo, parts: readonly HistoryPart[]): Promise<void> {
  for (const part of parts) if (!demo.signal.aborted) await sendPart(demo, part, IN_PASSING);
}

async function sendPart(
  { screen, signal, clients, story, keep }: Demo,
  part: HistoryPart,
  inFlightMax: number,
): Promise<void> {
  const startedAtMs = Date.now();
  const label = part.name === 'earlier' ? 'Before' : 'History';
  const importId = `shop-${part.name}`;
  const onSent = (count: number, atMs: number) => {
    const percent = Math.floor((100 * (atMs - part.startMs)) / (part.endMs - part.startMs));
    screen.moving(labelled(label, `${formatNumber(count)} events, ${percent} %`));
  };
  const count = await sendHistory(historyOf(story, part), {
    client: clients.server,
    importId,
    onSent,
    signal,
    inFlightMax,
  });
  if (signal.aborted) return;
  part.isSent = true;
  keep();
  const seconds = Math.max(1, Math.round((Date.now() - startedAtMs) / SECOND_MS));
  screen.line(labelled(label, `${formatNumber(count)} events of ${daysOf(part)} in ${seconds} s`));
}

function daysOf({ startMs, endMs }: HistoryPart): string {
  const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);
  const [first, last] = [day(startMs), day(endMs - 1)];
  return first === last ? first : `${first} to ${last}`;
}

async function runLive({ screen, signal, clients, story, state, keep }: Demo): Promise<void> {
  const startMs = Date.now();
  await markRush(clients.admin, startMs);
  let keptAtMs = 0;
  await sendLive({
    client: clients.server,
    story,
    rush: { startMs, peakRate: PEAK_RATE, calmRate: CALM_RATE },
    signal,
    onTick: ({ sent, perSecond, people }, untilMs) => {
      const rate = `${formatNumber(sent)} events, ${perSecond.toFixed(1)} a second, ${people} people here`;
      screen.moving(labelled('Live', `${rate}. Ctrl-C ends it.`));
      if (Date.now() - keptAtMs < KEEP_EVERY_MS) return;
      keptAtMs = Date.now();
      state.liveUntilMs = untilMs;
      keep();
    },
    onFailure: (error) => screen.moving(labelled('Live', `waiting for the server: ${(error as Error).message}`)),
  });
}

async function start(options: DemoOptions): Promise<void> {
  const screen = newScreen(process.stdout);
  const stopping = new AbortController();
  let stack: StackProcess | undefined;
  const stop = (signal?: NodeJS.Signals) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    if (signal === 'SIGINT') screen.line('\nStopping. npm run demo goes on where it stopped.');
    void (stack?.stop() ?? Promise.resolve()).finally(() => process.exit(0));
  };
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(event, stop);

  screen.line('Tidemark demo: a tea shop with months of history, and people in it now.\n');
  screen.moving(labelled('Stack', 'starting …'));
  const startedAtMs = Date.now();
  stack = await startStackProcess(options);
  screen.line(labelled('Stack', `ready in ${Math.round((Date.now() - startedAtMs) / SECOND_MS)} s`));
  void stack.ended.then(() => {
    if (stopping.signal.aborted) return;
    console.error(`The local stack ended. Its last words are in ${options.stateFolder}/stack.log`);
    process.exit(1);
  });
  try {
    await runDemo(options, stack, screen, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return;
    await stack.stop();
    throw error;
  }
}

// The state holds keys: no other user of the machine may read a file that this process makes.
process.umask(0o077);

try {
  const options = parseDemoOptions(process.argv.slice(2), process.env.INIT_CWD ?? '.');
  if (options === null) console.log(demoUsage);
  else await start(options);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const isUsage = code?.startsWith('ERR_PARSE_ARGS') ?? false;
  console.error(isUsage ? `${message.split('. ')[0]}. See npm run demo -- --help` : message);
  process.exit(isUsage ? 2 : 1);
}
