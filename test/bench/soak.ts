// Soak: six minutes of 50 events a request, each of a new person, while questions are asked as dashboards ask them: about
// the last half hour, with bounds to the millisecond. Neither may become slower as the day fills.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile } from './quantile.ts';
import type { Figure } from './report.ts';
import { BenchStack, type Keys, load } from './stack.ts';

const CONNECTIONS = 6;
const QUESTION_EVERY_MS = 300;
/** The part of the soak at each end that is compared. */
const END_MS = 30_000;

/** `items` is in no rollup. */
const QUESTIONS = {
  'people by event by minute': { measure: 'users', groupBy: ['event'], interval: 'minute' },
  'count by event': { measure: 'count', groupBy: ['event'] },
  'sum without a rollup': { measure: { sum: 'items' } },
};
type QuestionName = keyof typeof QUESTIONS;

interface Asked {
  readonly name: QuestionName;
  readonly atMs: number;
  readonly elapsedMs: number;
  readonly isRefused: boolean;
}

export async function benchSoak(isQuick: boolean): Promise<Figure[]> {
  const durationMs = isQuick ? 60_000 : 360_000;
  const endMs = isQuick ? 10_000 : END_MS;
  const stack = await BenchStack.start({ isSinkPaused: false });
  try {
    const keys = await stack.tenant('soak');
    const asking = ask(stack, keys, durationMs);
    const memory = watchMemory(durationMs);
    const headers = { authorization: `Bearer ${keys.write}` };
    const order = { eventsPerRequest: 50, connections: CONNECTIONS, hasNewPeople: true };
    const sent = await load({ ...order, url: `${stack.url}/v1/events`, headers, durationMs });
    const perSecond = (seconds: readonly number[]) => seconds.reduce((sum, events) => sum + events, 0) / seconds.length;
    // The first seconds start workers.
    const first = perSecond(sent.eventsBySecond.slice(3, 3 + endMs / 1_000));
    const last = perSecond(sent.eventsBySecond.slice(-endMs / 1_000));
    const asked = await asking;
    const refusals = Object.values(sent.refusals).reduce((sum, count) => sum + count, 0);
    return [
      { name: 'soak: rate at the end relative to the start', value: last / first, unit: '×', bound: { atLeast: 0.8 } },
      { name: 'soak: rate at the start', value: first, unit: 'events/s' },
      { name: 'soak: rate at the end', value: last, unit: 'events/s' },
      { name: 'soak: ack p99', value: sent.ackP99Ms, unit: 'ms' },
      ...questionFigures(asked, durationMs - endMs),
      {
        name: 'soak: refused questions and requests',
        value: refusals + asked.filter(({ isRefused }) => isRefused).length,
        unit: '',
        bound: { atMost: 0 },
      },
      ...memoryFigures(await memory),
    ];
  } finally {
    await stack.stop();
  }
}

/** Asks the questions in turn, each at its time, whether or not the one before is answered. */
async function ask(stack: BenchStack, keys: Keys, durationMs: number): Promise<Asked[]> {
  const names = Object.keys(QUESTIONS) as QuestionName[];
  const startedAtMs = Date.now();
  const asked: Promise<Asked>[] = [];
  while (Date.now() - startedAtMs < durationMs) {
    asked.push(askOne(stack, keys, names[asked.length % names.length]!, startedAtMs));
    await sleep(Math.max(0, startedAtMs + asked.length * QUESTION_EVERY_MS - Date.now()));
  }
  return Promise.all(asked);
}

async function askOne(stack: BenchStack, keys: Keys, name: QuestionName, startedAtMs: number): Promise<Asked> {
  const nowMs = Date.now();
  const range = { from: new Date(nowMs - 30 * 60_000).toISOString(), to: new Date(nowMs + 60_000).toISOString() };
  const isRefused = await stack
    .call('POST', '/v1/query', keys.read, { ...QUESTIONS[name], ...range, allowUnknown: true })
    .then(
      () => false,
      (cause: Error) => {
        console.error(cause.message);
        return true;
      },
    );
  return { name, atMs: nowMs - startedAtMs, elapsedMs: Date.now() - nowMs, isRefused };
}

function questionFigures(asked: readonly Asked[], fromMs: number): Figure[] {
  return (Object.keys(QUESTIONS) as QuestionName[]).map((name) => {
    const times = asked.filter((each) => each.name === name && each.atMs >= fromMs).map(({ elapsedMs }) => elapsedMs);
    times.sort((a, b) => a - b);
    const atMost = name === 'sum without a rollup' ? 600 : 150;
    return { name: `soak: ${name}, p95 at the end`, value: quantile(times, 0.95), unit: 'ms', bound: { atMost } };
  });
}

/** Reads the resident memory of workerd, in MB, once a second. */
async function watchMemory(durationMs: number): Promise<number[]> {
  const sizes: number[] = [];
  for (let second = 0; second < durationMs / 1_000; second++) {
    await sleep(1_000);
    sizes.push(residentMb());
  }
  return sizes;
}

/** The resident memory of this process's child that is a workerd. */
function residentMb(): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (!/^Name:\s+workerd$/m.test(status) || !new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(status)) continue;
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
    } catch {
      // The process ended while it was read.
    }
  }
  return Number.NaN;
}

/** Memory at the end against that of the second sixth: ids and caches are full by then. */
function memoryFigures(sizes: readonly number[]): Figure[] {
  const sixth = Math.floor(sizes.length / 6);
  const early = median(sizes.slice(sixth, 2 * sixth));
  const late = median(sizes.slice(-sixth));
  return [
    { name: 'soak: memory at the end', value: late, unit: 'MB' },
    {
      name: 'soak: memory at the end relative to the second sixth',
      value: late / early,
      unit: '×',
      bound: { atMost: 1.5 },
    },
  ];
}
