// Neighbours: a quiet tenant's times beside attacks of another tenant, each in relation to its times just before.
//
// A local stack has one thread for all tenants, shards, consumers and stores, so tenants are in each other's way much more
// than on the platform.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../report.ts';
import { BenchStack, type Keys } from '../stack.ts';
import * as attacks from './attacks.ts';
import { makeHistory } from './history.ts';
import { honestFigures } from './honest-tenant.ts';
import { type Met, QuietTenant } from './quiet-tenant.ts';
import { runFlood } from './run-flood.ts';

interface Case {
  readonly name: string;
  readonly attack: attacks.Attack;
  /** Whether the attacker has a history to ask about. */
  readonly reads: boolean;
}

const CASES: readonly Case[] = [
  { name: 'seal commands', attack: attacks.sealCommands, reads: false },
  { name: 'crafted ids', attack: attacks.craftedIds, reads: false },
  { name: 'many days', attack: attacks.manyDays, reads: false },
  { name: '12 equal questions', attack: attacks.equalQuestions, reads: true },
  { name: 'funnels', attack: attacks.funnels, reads: true },
  { name: 'exports', attack: attacks.exportsOfAll, reads: true },
];

const IDLE_MS = 8_000;
const ATTACKED_MS = 18_000;
/** The attack is under way when the probes begin. */
const HEAD_START_MS = 1_000;
const HISTORY_DAYS = 13;
const HISTORY_DAYS_QUICK = 4;

export async function benchNeighbours(isQuick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const reads of [false, true]) {
    const stack = await BenchStack.start({ isSinkPaused: false });
    try {
      const quiet = await QuietTenant.begin(stack);
      const reader = reads ? await readerOf(stack, isQuick) : null;
      for (const each of CASES.filter((one) => one.reads === reads && isChosen(one.name))) {
        const keys = reader ?? (await stack.tenant(`attacker-${CASES.indexOf(each)}`));
        figures.push(...(await measure(each, { stack, quiet, keys }, isQuick ? 0.5 : 1)));
      }
      if (reader !== null && isChosen('honest')) {
        const flood = attacks.equalQuestions({ keys: reader, folder: stack.folder });
        figures.push(...(await honestFigures(stack, flood, isQuick ? ATTACKED_MS / 2 : ATTACKED_MS)));
      }
    } finally {
      await stack.stop();
    }
  }
  return figures;
}

/** Names of attacks, and `honest`, in NEIGHBOURS_ONLY, separated by commas, for a run while one of them is worked on. Default: all. */
function isChosen(name: string): boolean {
  return process.env.NEIGHBOURS_ONLY?.split(',').includes(name) ?? true;
}

async function readerOf(stack: BenchStack, isQuick: boolean): Promise<Keys> {
  const keys = await stack.tenant('reader');
  await makeHistory(stack, keys, isQuick ? HISTORY_DAYS_QUICK : HISTORY_DAYS);
  return keys;
}

interface Place {
  readonly stack: BenchStack;
  readonly quiet: QuietTenant;
  readonly keys: Keys;
}

async function measure({ name, attack }: Case, { stack, quiet, keys }: Place, share: number): Promise<Figure[]> {
  const stages = attack({ keys, folder: stack.folder });
  await untilCalm(quiet);
  const idle = await quiet.probe(IDLE_MS * share);
  const flood = runFlood(stack.url, stages, 10 * ATTACKED_MS);
  await sleep(HEAD_START_MS);
  const attacked = await quiet.probe(ATTACKED_MS * share);
  flood.end();
  console.error(`  ${name}: ${JSON.stringify(await flood.report)}`);
  return figuresOf(name, idle, attacked);
}

/** Waits for the work that the attack before has left, half a minute at most. */
async function untilCalm(quiet: QuietTenant): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    const { sealMs, ackP95Ms } = await quiet.probe(1_000);
    if (sealMs < 3_000 && ackP95Ms < 60) return;
    await sleep(1_000);
  }
}

function figuresOf(name: string, idle: Met, attacked: Met): Figure[] {
  const figure = (what: string, value: number, idleMs: number, leastMs: number): Figure => ({
    name: `neighbours, ${name}: ${what} (idle ${idleMs.toFixed(0)})`,
    value,
    unit: 'ms',
    bound: { atMost: Math.round(Math.max(3 * idleMs, leastMs)) },
  });
  return [
    figure('ack p95', attacked.ackP95Ms, idle.ackP95Ms, 100),
    figure('query p95', attacked.queryP95Ms, idle.queryP95Ms, 300),
    figure(`seal, median of ${attacked.seals}`, attacked.sealMs, idle.sealMs, 0),
    {
      name: `neighbours, ${name}: refused requests of the quiet tenant`,
      value: idle.refused + attacked.refused,
      unit: '',
      bound: { atMost: 0 },
    },
  ];
}
