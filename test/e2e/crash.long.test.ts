// Crash: clients send until they are acknowledged while the stack is killed again and again. Then every acknowledged id
// is counted exactly once in live answers, in D1 and in the lake.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/core/limits.ts';
import type { VerdictDocument } from '../../src/wire/ingest.ts';
import { findFreePort, type Stack, startStack, type Victim } from '../support/stack.ts';
import {
  createTenant,
  dayOf,
  query,
  requestSeal,
  sealedDays,
  send,
  type TestTenant,
  type WireEvent,
} from './support/api.ts';
import { readLake } from './support/lake.ts';

const VICTIMS: readonly Victim[] = ['runtime', 'parent', 'both'];
/** `npm run chaos` asks for more kills than the suite has time for. */
const KILLS = Number(process.env.TIDEMARK_KILLS ?? 9);
const ROUNDS = Math.ceil(KILLS / VICTIMS.length);
const CLIENTS = 5;
const PEOPLE = 200;
const SHARDS = 2;
/** A prime, so that a client's batches never line up with the rows and flushes of a shard. */
const BATCH_EVENTS = 307;
const RESEND_EVENTS = 2_500;
/** The mean pause between the batches of a client, which leaves a stack on two cores time to restart. */
const PAUSE_MS = 120;
/** The share of tries that hang up before the answer can arrive. */
const IMPATIENT_SHARE = 0.15;
const IMPATIENT_MS = 40;
const PATIENT_MS = 20_000;
/** Batches that are acknowledged between two kills, so that each kill hits running traffic. */
const BATCHES_BETWEEN_KILLS = KILLS > 9 ? 8 : 24;
/** One report for so many kills keeps the output of the suite short. */
const KILLS_PER_REPORT = KILLS > 9 ? 5 : 3;
const SEAL_WAIT_MS = 60_000;

const startedAtMs = Date.now();
const midnightMs = startedAtMs - (startedAtMs % DAY_MS);
const DAYS = [dayOf(midnightMs - DAY_MS), dayOf(midnightMs)];
const RANGE = {
  from: new Date(midnightMs - DAY_MS).toISOString(),
  to: new Date(midnightMs + DAY_MS).toISOString(),
};

const stateDir = mkdtempSync(join(tmpdir(), 'tidemark-crash-'));
let stack: Stack;
let tenant: TestTenant;

interface Client {
  readonly tag: string;
  /** The events that the server acknowledged, in order. */
  readonly acknowledged: WireEvent[];
  attempts: number;
  /** Batches of which a resend found events stored, although their first answer was lost. */
  resumed: number;
}

const clients: Client[] = Array.from({ length: CLIENTS }, (_, i) => ({
  tag: `client-${i}`,
  acknowledged: [],
  attempts: 0,
  resumed: 0,
}));
let isLoadOn = true;

/** An event of yesterday or of today by turns, so that flushes hold two days. */
function event(tag: string, n: number): WireEvent {
  const atMs = n % 2 === 0 ? midnightMs - 1 - (n % 40_000_000) : startedAtMs - 1 - (n % 1_000);
  return {
    id: `${tag}-${n}`,
    event: tag,
    anonymousId: `${tag}-person-${n % PEOPLE}`,
    timestamp: new Date(atMs).toISOString(),
    properties: { n, parity: n % 2 },
  };
}

/** Sends once; null when no answer came, or one that asks for a resend. */
async function trySend(events: readonly WireEvent[], signal?: AbortSignal): Promise<VerdictDocument | null> {
  let response: Response;
  let text: string;
  try {
    response = await send(`${tenant.url}/v1/events`, tenant.keys.write, events, 'POST', signal);
    text = await response.text();
  } catch {
    return null;
  }
  if (response.status === 200) return JSON.parse(text) as VerdictDocument;
  if (response.status === 429 || response.status >= 500) return null;
  throw new Error(`${response.status} ${text}`);
}

/** Sends once and hangs up after `ms`. The two race, because an aborted `text()` of Node's fetch may never settle. */
async function trySendFor(ms: number, events: readonly WireEvent[]): Promise<VerdictDocument | null> {
  const controller = new AbortController();
  const verdict = await Promise.race([trySend(events, controller.signal), sleep(ms, null)]);
  controller.abort();
  return verdict;
}

async function sendUntilAcknowledged(client: Client, events: readonly WireEvent[]): Promise<VerdictDocument> {
  for (;;) {
    client.attempts++;
    const isImpatient = Math.random() < IMPATIENT_SHARE;
    const verdict = await trySendFor(isImpatient ? Math.random() * IMPATIENT_MS : PATIENT_MS, events);
    if (verdict !== null) return verdict;
    // A client that hung up sends again at once, so the resend may overtake the original.
    if (!isImpatient) await sleep(50 + Math.random() * 100);
  }
}

async function load(client: Client): Promise<void> {
  for (let next = 0; isLoadOn; next += BATCH_EVENTS) {
    const events = Array.from({ length: BATCH_EVENTS }, (_, i) => event(client.tag, next + i));
    const verdict = await sendUntilAcknowledged(client, events);
    expect(verdict).toMatchObject({ received: BATCH_EVENTS, quarantined: 0, rejected: 0 });
    expect(verdict.accepted + verdict.duplicate).toBe(BATCH_EVENTS);
    if (verdict.duplicate > 0) client.resumed++;
    client.acknowledged.push(...events);
    await sleep(PAUSE_MS * Math.random() * 2);
  }
}

const acknowledgedCount = () => clients.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);

async function waitForAcknowledged(count: number): Promise<void> {
  await expect.poll(acknowledgedCount, { timeout: 30_000, interval: 20 }).toBeGreaterThanOrEqual(count);
}

async function killAndRestart(victim: Victim): Promise<void> {
  if (victim === 'runtime') {
    const readyBefore = stack.output().split('Tidemark ready:').length - 1;
    await stack.kill('runtime');
    await stack.waitFor(`Tidemark ready: ${stack.url}`, readyBefore + 1);
    return;
  }
  await stack.kill(victim);
  stack = await startStack({ stateDir, port: stack.port, env: { TIDEMARK_CRON_INTERVAL_MS: '5000' } });
}

function reportProgress(kills: number, downMs: number): void {
  const seconds = (Date.now() - startedAtMs) / 1_000;
  const left = Math.ceil(((ROUNDS * VICTIMS.length - kills) * seconds) / kills);
  console.log(
    `${kills} of ${ROUNDS * VICTIMS.length} kills, ${acknowledgedCount()} ids acknowledged; ` +
      `${(seconds / kills).toFixed(1)} s a kill, ${(downMs / kills / 1_000).toFixed(1)} s of it until it serves again; ${left} s left`,
  );
}

interface Counted {
  readonly events: number;
  readonly people: number;
}

/**
 * The events and people of both days by tag. The question for `lake` can only be answered from the events themselves.
 */
async function countByTag(path: 'rollups' | 'lake'): Promise<Record<string, Counted>> {
  const base = {
    ...RANGE,
    groupBy: ['event'],
    ...(path === 'lake' && { where: { property: 'properties.n', op: 'exists' as const } }),
  };
  const counts = await query(tenant, { measure: 'count', ...base });
  const users = await query(tenant, { measure: 'users', ...base });
  expect(counts.meta.sources.lake === null ? 'rollups' : 'lake').toBe(path);
  const peopleOf = new Map(users.series.map(({ key, total }) => [key.event, total]));
  return Object.fromEntries(
    counts.series.map(({ key, total }) => [
      String(key.event),
      { events: total ?? 0, people: peopleOf.get(key.event ?? null) ?? 0 },
    ]),
  );
}

const expected = () =>
  Object.fromEntries(clients.map(({ tag, acknowledged }) => [tag, { events: acknowledged.length, people: PEOPLE }]));

async function sealBothDays() {
  await requestSeal(tenant, DAYS);
  const isSealed = async () => {
    const days = await sealedDays(tenant, DAYS[0] as string, DAYS[1] as string);
    return days.length === 2 && days.every(({ revision, dirty }) => revision > 0 && !dirty);
  };
  await expect.poll(isSealed, { timeout: SEAL_WAIT_MS, interval: 250 }).toBe(true);
  return sealedDays(tenant, DAYS[0] as string, DAYS[1] as string);
}

describe('a stack that is killed again and again', () => {
  beforeAll(async () => {
    const port = await findFreePort();
    stack = await startStack({ stateDir, port, env: { TIDEMARK_CRON_INTERVAL_MS: '5000' } });
    tenant = await createTenant(stack, 'stubborn', { shards: SHARDS });
  });

  afterAll(async () => {
    isLoadOn = false;
    await stack.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it(
    'acknowledges every batch in the end',
    async () => {
      const running = clients.map(load);
      const failed = Promise.all(running).then(() => undefined);
      let kills = 0;
      let downMs = 0;
      for (let round = 0; round < ROUNDS; round++) {
        for (const victim of VICTIMS) {
          const wanted = acknowledgedCount() + BATCHES_BETWEEN_KILLS * BATCH_EVENTS;
          await Promise.race([waitForAcknowledged(wanted), failed]);
          await sleep(Math.random() * 100);
          const killedAtMs = performance.now();
          await killAndRestart(victim);
          downMs += performance.now() - killedAtMs;
          kills++;
          if (kills % KILLS_PER_REPORT === 0) reportProgress(kills, downMs);
        }
      }
      await waitForAcknowledged(acknowledgedCount() + BATCHES_BETWEEN_KILLS * BATCH_EVENTS);
      isLoadOn = false;
      await failed;
      const seconds = Math.round((Date.now() - startedAtMs) / 1_000);
      const attempts = clients.reduce((sum, client) => sum + client.attempts, 0);
      const batches = acknowledgedCount() / BATCH_EVENTS;
      const resumed = clients.reduce((sum, client) => sum + client.resumed, 0);
      console.log(
        `kills: ${kills} in ${seconds} s; acknowledged ids: ${acknowledgedCount()} in ${batches} batches, ` +
          `${attempts - batches} of ${attempts} tries unanswered, ${resumed} batches found stored by their resend`,
      );
      expect(kills).toBeGreaterThanOrEqual(KILLS);
      expect(attempts).toBeGreaterThan(batches);
    },
    60_000 + KILLS * 12_000,
  );

  it('counts every acknowledged id exactly once', async () => {
    expect(await countByTag('rollups')).toEqual(expected());
    expect(await countByTag('lake')).toEqual(expected());
  });

  it(
    'takes nothing twice when everything is sent again',
    async () => {
      for (const { acknowledged } of clients) {
        for (let start = 0; start < acknowledged.length; start += RESEND_EVENTS) {
          const again = acknowledged.slice(start, start + RESEND_EVENTS);
          expect(await trySend(again)).toMatchObject({ accepted: 0, duplicate: again.length, rejected: 0 });
        }
      }
      expect(await countByTag('rollups')).toEqual(expected());
    },
    60_000 + KILLS * 3_000,
  );

  it('counts the same while seals are asked for and killed', async () => {
    for (const victim of ['runtime', 'both'] as const) {
      await requestSeal(tenant, DAYS);
      await sleep(500 + Math.random() * 3_000);
      await killAndRestart(victim);
      expect(await countByTag('rollups')).toEqual(expected());
    }
  }, 60_000);

  it('agrees with D1 and the lake once both days are sealed', async () => {
    const days = await sealBothDays();
    console.log(`sealed: ${JSON.stringify(days)}`);
    const sealedEvents = days.reduce((sum, { events }) => sum + events, 0);
    expect(sealedEvents).toBe(acknowledgedCount());
    for (const { drift } of days) expect(drift).toMatchObject({ rest: 0, duplicates: 0 });
    expect(await countByTag('rollups')).toEqual(expected());
    expect(await countByTag('lake')).toEqual(expected());
    const status = await (await send(`${tenant.url}/v1/status`, tenant.keys.read, undefined, 'GET')).json();
    console.log(`stored: ${JSON.stringify((status as { stored: unknown }).stored)}`);
    expect(status).toMatchObject({
      complete: true,
      tailEvents: 0,
      pending: 0,
      stored: { events: acknowledgedCount() },
    });
  }, 120_000);

  it('keeps it all in one more restart', async () => {
    await killAndRestart('both');
    expect(await countByTag('rollups')).toEqual(expected());
  });

  it('leaves every id exactly once in the Parquet files that count', async () => {
    await stack.stop();
    const { files, rows } = await readLake(stateDir, tenant.uid);
    const ids = rows.map(({ id }) => id);
    const acknowledged = new Set(clients.flatMap((client) => client.acknowledged.map(({ id }) => id as string)));
    console.log(`lake: ${files.length} files, ${rows.length} rows, ${new Set(ids).size} ids`);
    expect(ids.length).toBe(acknowledged.size);
    expect(ids.filter((id) => !acknowledged.has(id))).toEqual([]);
    expect(new Set(ids).size).toBe(acknowledged.size);
  }, 120_000);
});
