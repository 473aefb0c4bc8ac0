// Read your ack: the very next answer after an acknowledgement has the event, in 1,000 of 1,000 trials, while sinks and
// seals run.
//
// Half of the events go through Segment's own SDK. Questions alternate between a range of whole days, which rollups
// answer, and one that begins and ends at odd milliseconds, which the events themselves answer.

import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY_MS } from '../../src/core/limits.ts';
import type { QueryAnswer } from '../../src/query/ask/execute.ts';
import { type Stack, startStack } from '../support/stack.ts';
import {
  answerOf,
  createTenant,
  dayOf,
  ingest,
  percentile,
  query,
  requestSeal,
  sealedDays,
  send,
  type TestTenant,
  total,
} from './support/api.ts';

const TRIALS = 1_000;
/** A seal asks the shard for a flush, so the answer's parts keep moving from shard to store to seal. */
const SEAL_EVERY = 100;
/** Trials at which a full flush of 10,000 events is sent as well, in the range of the questions. */
const BULK_AT = new Set([200, 600]);
const BULK_BATCHES = 4;
const BULK_BATCH_EVENTS = 2_500;
const ACK_TO_ANSWER_MS_P95 = 250;
const EVENT = 'Probed';

let stack: Stack;
let tenant: TestTenant;

beforeAll(async () => {
  stack = await startStack({ env: { TIDEMARK_CRON_INTERVAL_MS: '5000' } });
  tenant = await createTenant(stack, 'impatient', { shards: 2 });
});

afterAll(() => stack.stop());

/** Two ways to send one event; each resolves when the event is acknowledged. */
function senders() {
  const analytics = new Analytics({ writeKey: tenant.keys.write, host: stack.url, flushAt: 1, maxRetries: 0 });
  const failed = new Promise<never>((_, reject) => {
    analytics.on('error', (error) => reject(new Error(`${error.code}: ${error.reason}`)));
  });
  failed.catch(() => {});
  return {
    // The SDK emits `track` at the delivery; the callback of a call waits 300 ms longer.
    segment: (userId: string) => {
      const delivered = new Promise<unknown>((resolve) => analytics.once('track', resolve));
      analytics.track({ userId, event: EVENT });
      return Promise.race([delivered, failed]);
    },
    fetch: async (userId: string) => {
      const verdict = await ingest(tenant, [{ id: crypto.randomUUID(), event: EVENT, userId }]);
      expect(verdict).toMatchObject({ received: 1, accepted: 1 });
    },
    close: () => analytics.closeAndFlush(),
  };
}

async function sendBulk(name: string): Promise<void> {
  for (let batch = 0; batch < BULK_BATCHES; batch++) {
    const events = Array.from({ length: BULK_BATCH_EVENTS }, (_, i) => ({
      id: `${name}-${batch}-${i}`,
      event: 'Bulk',
      userId: `b${i}`,
    }));
    expect(await ingest(tenant, events)).toMatchObject({ accepted: BULK_BATCH_EVENTS });
  }
}

it('1,000 of 1,000 acknowledged events are in the very next answer', async () => {
  const send = senders();
  const startedAtMs = Date.now();
  const midnightMs = startedAtMs - (startedAtMs % DAY_MS);
  const wholeDays = { from: new Date(midnightMs).toISOString(), to: new Date(midnightMs + 2 * DAY_MS).toISOString() };
  const answeredMs = { rollups: [] as number[], lake: [] as number[] };
  const missed: { trial: number; counted: number; meta: QueryAnswer['meta'] }[] = [];
  const tails = new Set<number>();
  const background: Promise<void>[] = [];

  for (let trial = 1; trial <= TRIALS; trial++) {
    if (trial % SEAL_EVERY === 0) await requestSeal(tenant, [dayOf(Date.now())]);
    if (BULK_AT.has(trial)) background.push(sendBulk(`bulk-${trial}`));

    await (trial % 4 < 2 ? send.segment : send.fetch)(`u${trial % 50}`);
    const ackedAtMs = performance.now();
    const oddRange = {
      from: new Date(startedAtMs - 7).toISOString(),
      to: new Date(Date.now() + 3).toISOString(),
    };
    const range = trial % 4 < 2 ? wholeDays : oddRange;
    // No rollup has the type.
    const where = trial % 2 === 0 ? {} : { where: { property: 'column.type', op: 'exists' as const } };
    const { series, meta } = await query(tenant, { measure: 'count', events: [EVENT], ...range, ...where });
    const elapsedMs = performance.now() - ackedAtMs;

    answeredMs[meta.sources.lake === null ? 'rollups' : 'lake'].push(elapsedMs);
    tails.add(meta.sources.live.events);
    const counted = series[0]?.total ?? 0;
    if (counted !== trial) missed.push({ trial, counted, meta });
  }
  await Promise.all(background);
  await send.close();

  const all = [...answeredMs.rollups, ...answeredMs.lake];
  const figures = Object.entries({ all, ...answeredMs }).map(([path, values]) => ({
    path,
    answers: values.length,
    'p50 ms': Math.round(percentile(values, 0.5) * 10) / 10,
    'p95 ms': Math.round(percentile(values, 0.95) * 10) / 10,
    'max ms': Math.round(percentile(values, 1) * 10) / 10,
  }));
  const seals = await sealedDays(tenant, dayOf(midnightMs), dayOf(midnightMs + DAY_MS));
  console.table(figures);
  console.log(`in the very next answer: ${TRIALS - missed.length} of ${TRIALS}; seals: ${JSON.stringify(seals)}`);

  expect(missed).toEqual([]);
  // A cut minute of a sealed day is read from the lake.
  expect(answeredMs.rollups.length).toBeGreaterThanOrEqual(TRIALS / 4);
  expect(answeredMs.lake.length).toBeGreaterThanOrEqual(TRIALS / 2 - 1);
  // The sinks ran: the tail shrank again and again, and the day was sealed more than once.
  expect(seals[0]?.revision).toBeGreaterThan(1);
  expect(Math.min(...tails)).toBeLessThan(Math.max(...tails));
  expect(await total(tenant, { measure: 'users', events: [EVENT], ...wholeDays })).toBe(50);
  expect(percentile(all, 0.95)).toBeLessThanOrEqual(ACK_TO_ANSWER_MS_P95);
}, 150_000);

// On the same stack, because one takes seconds to start.
it('leaves bots out of every question by default, says how many, and has them on request', {
  timeout: 60_000,
}, async () => {
  const shop = await createTenant(stack, 'crawled');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${shop.keys.write}` };
  const visit = async (userAgent: string, userId: string) => {
    const events = ['Looked', 'Bought'].map((event) => ({ id: crypto.randomUUID(), event, userId }));
    const body = JSON.stringify(events);
    const sent = await fetch(`${shop.url}/v1/events`, {
      method: 'POST',
      headers: { ...headers, 'user-agent': userAgent },
      body,
    });
    expect(await sent.json()).toMatchObject({ accepted: 2 });
  };
  await visit('Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0', 'ann');
  await visit('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'crawler');

  const range = { from: new Date(Date.now() - DAY_MS).toISOString(), to: new Date(Date.now() + DAY_MS).toISOString() };
  const steps = [{ event: 'Looked' }, { event: 'Bought' }];
  const calls: Readonly<Record<string, object>> = {
    query: { measure: 'users' },
    'query/funnel': { steps, windowSeconds: 3_600 },
    'query/retention': { interval: 'day' },
    'query/paths': { startAt: steps[0] },
    'query/sessions': {},
    'query/active': {},
    'query/lifecycle': { interval: 'day' },
    'query/frequency': { of: 'days' },
    'query/funnel/people': { steps, windowSeconds: 3_600, step: 2 },
  };
  const ask = (call: string, body: object) =>
    answerOf<Asked>(send(`${shop.url}/v1/${call}`, shop.keys.read, { ...range, ...body }));
  for (const [call, body] of Object.entries(calls)) {
    const [byDefault, included] = [await ask(call, body), await ask(call, { ...body, bots: 'include' })];
    const excluded = call === 'query/funnel/people' ? undefined : 2;
    expect([call, byDefault.meta.bots]).toEqual([
      call,
      { choice: 'exclude', by: 'tenant', ...(excluded !== undefined && { excluded }) },
    ]);
    expect([call, included.meta.bots]).toEqual([call, undefined]);
    expect([call, JSON.stringify({ ...byDefault, meta: 0 })]).not.toEqual([
      call,
      JSON.stringify({ ...included, meta: 0 }),
    ]);
  }
  const byDevice = await ask('query', { measure: 'count', groupBy: ['device'] });
  expect([byDevice.series!.map(({ key }) => key.device).sort(), byDevice.meta.bots]).toEqual([
    ['bot', 'desktop'],
    { choice: 'include', by: 'names' },
  ]);
  const rows = async (body: object) => {
    const response = await send(`${shop.url}/v1/export`, shop.keys.read, { ...range, format: 'ndjson', ...body });
    return (await response.text()).trim().split('\n').length;
  };
  expect([await rows({}), await rows({ bots: 'exclude' })]).toEqual([4, 2]);
});

interface Asked {
  readonly series?: readonly { readonly key: { readonly device?: string } }[];
  readonly meta: { readonly bots?: object };
}
