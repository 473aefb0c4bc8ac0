// Quiet tenant: a neighbour that sends an event now and then, asks one question and has a day sealed, and times each.
//
// Events and questions are sent at their times, whether or not the ones before are answered: a neighbour whose requests
// waited for each other would not see what it waits for.

import { setTimeout as sleep } from 'node:timers/promises';
import { sealImport, sendChunk } from '../import-days.ts';
import { median, quantile } from '../quantile.ts';
import type { BenchStack, Keys } from '../stack.ts';

const DAY_MS = 86_400_000;
const EVENT_EVERY_MS = 60;
const QUESTION_EVERY_MS = 300;
const SEAL_POLL_MS = 50;

/** What the quiet tenant met in a stretch of time. */
export interface Met {
  readonly ackP95Ms: number;
  readonly queryP95Ms: number;
  readonly sealMs: number;
  readonly seals: number;
  /** Requests that were refused or failed. */
  readonly refused: number;
}

export class QuietTenant {
  readonly #stack: BenchStack;
  readonly #keys: Keys;
  #imports = 0;

  private constructor(stack: BenchStack, keys: Keys) {
    this.#stack = stack;
    this.#keys = keys;
  }

  static async begin(stack: BenchStack): Promise<QuietTenant> {
    return new QuietTenant(stack, await stack.tenant('quiet'));
  }

  /** Probes for this long. A probe that has not ended yet is waited for. */
  async probe(durationMs: number): Promise<Met> {
    const endsAtMs = Date.now() + durationMs;
    let refused = 0;
    const timed = async (run: () => Promise<unknown>) => {
      const startedAtMs = performance.now();
      await run().catch((cause: Error) => {
        refused++;
        console.error(`The quiet tenant: ${cause.message}`);
      });
      return performance.now() - startedAtMs;
    };
    const [acks, questions, seals] = await Promise.all([
      every(EVENT_EVERY_MS, endsAtMs, () => timed(() => this.#send())),
      every(QUESTION_EVERY_MS, endsAtMs, () => timed(() => this.#ask())),
      oneAfterTheOther(endsAtMs, () => timed(() => this.#seal())),
    ]);
    return { ackP95Ms: p95(acks), queryP95Ms: p95(questions), sealMs: median(seals), seals: seals.length, refused };
  }

  #send(): Promise<unknown> {
    const event = { event: 'Opened', userId: 'quiet-user', properties: { value: 1 } };
    return this.#stack.call('POST', '/v1/events', this.#keys.write, event);
  }

  #ask(): Promise<unknown> {
    const nowMs = Date.now();
    const range = { from: new Date(nowMs - DAY_MS / 48).toISOString(), to: new Date(nowMs + 60_000).toISOString() };
    const question = { measure: 'count', groupBy: ['event'], interval: 'hour', allowUnknown: true, ...range };
    return this.#stack.call('POST', '/v1/query', this.#keys.read, question);
  }

  /** Imports an event of a day of its own and waits until the day is sealed. */
  async #seal(): Promise<void> {
    const id = `quiet-${this.#imports++}`;
    const at = new Date(Date.now() - (30 + this.#imports) * DAY_MS).toISOString();
    const line = JSON.stringify({ event: 'Opened', userId: 'quiet-user', timestamp: at });
    await sendChunk(this.#stack, this.#keys, { importId: id, index: 0, lines: [line] });
    await sealImport(this.#stack, this.#keys, id, SEAL_POLL_MS);
  }
}

/** Begins a run each so many milliseconds. */
async function every<T>(intervalMs: number, endsAtMs: number, run: () => Promise<T>): Promise<T[]> {
  const runs: Promise<T>[] = [];
  const startedAtMs = Date.now();
  while (Date.now() < endsAtMs) {
    runs.push(run());
    await sleep(Math.max(0, startedAtMs + runs.length * intervalMs - Date.now()));
  }
  return Promise.all(runs);
}

async function oneAfterTheOther<T>(endsAtMs: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  do results.push(await run());
  while (Date.now() < endsAtMs);
  return results;
}

function p95(times: readonly number[]): number {
  return quantile(
    [...times].sort((a, b) => a - b),
    0.95,
  );
}
