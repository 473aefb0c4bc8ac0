// Million: invented traffic of the last days that is as big as a busy shop's: a million events of 50,000 people.

import { setTimeout as sleep } from 'node:timers/promises';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/core/limits.ts';
import type { WireStatus } from '../../src/wire/operate.ts';
import type { Stack } from '../support/stack.ts';

export const EVENTS = 1_000_000;
const PEOPLE = 50_000;
const VISITS = 4;
const EVENTS_PER_VISIT = EVENTS / PEOPLE / VISITS;
const BATCH = 2_500;
const IN_FLIGHT = 3;
const DAYS = 6;
/** Two rounds of the schedule and what they begin. */
const QUIET_MS = 2.5 * MINUTE_MS;
const POLL_MS = 5 * SECOND_MS;

const PAGES = ['/', '/pricing', '/docs', '/blog', '/shoes', '/shirts', '/cart', '/checkout', '/about', '/jobs'];
const SOURCES = ['https://www.google.com/', 'https://news.ycombinator.com/', 'https://t.co/', undefined];
const CAMPAIGNS = ['spring', 'launch', 'newsletter', 'retarget'];
const COUNTRIES = ['DE', 'FR', 'US', 'AT', 'GB'];
const DEVICES = ['desktop', 'mobile', 'tablet', 'tv'];

type Sender = Pick<Stack, 'url' | 'keys'>;

/** Sends the events to the demo tenant, all within the last six days. */
export async function sendMillion(stack: Sender, nowMs: number): Promise<void> {
  const perBatch = BATCH / (VISITS * EVENTS_PER_VISIT);
  const starts = Array.from({ length: PEOPLE / perBatch }, (_, i) => i * perBatch);
  const sendOn = async () => {
    for (let first = starts.shift(); first !== undefined; first = starts.shift()) {
      await send(stack, Array.from({ length: perBatch }, (_, i) => eventsOf((first ?? 0) + i, nowMs)).flat());
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendOn));
}

/**
 * Resolves once the stack has nothing to do any more: all events are stored, and two rounds of its schedule, which come each minute,
 * have sealed and merged nothing further. `note` is told of each change.
 */
export async function settle({ url }: Pick<Sender, 'url'>, note: (progress: string) => void): Promise<void> {
  const { read } = (await (await fetch(`${url}/demo.json`)).json()) as { read: string };
  let known = '';
  for (let sinceMs = Date.now(); Date.now() - sinceMs < QUIET_MS; await sleep(POLL_MS)) {
    const response = await fetch(`${url}/v1/status`, { headers: { authorization: `Bearer ${read}` } });
    const { pending, tailEvents, shards, stored, sealed } = (await response.json()) as WireStatus;
    const waiting = shards.reduce((sum, { waitingFlushes }) => sum + (waitingFlushes ?? 0), 0);
    const state = JSON.stringify([pending, tailEvents, waiting, stored.latestAt, sealed]);
    if (state === known && pending + tailEvents + waiting === 0) continue;
    if (state !== known) note(`${stored.events} events stored, ${pending} pending, ${sealed.events} sealed.`);
    known = state;
    sinceMs = Date.now();
  }
}

async function send({ url, keys }: Sender, events: readonly object[]): Promise<void> {
  const headers = { authorization: `Bearer ${keys().tenants.demo?.server}`, 'content-type': 'application/json' };
  for (;;) {
    const response = await fetch(`${url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(events) });
    if (response.ok) return;
    if (response.status !== 429 && response.status !== 503) throw new Error(await response.text());
    await response.text();
    const seconds = Number(response.headers.get('retry-after')) || 1;
    await sleep(seconds * SECOND_MS);
  }
}

/** The events of a person: visits that begin at invented times, each of a few pages, some with a purchase. */
function eventsOf(person: number, nowMs: number): object[] {
  return Array.from({ length: VISITS }, (_, visit) => {
    const spread = ((person * 7_919 + visit * 104_729) % 100_003) / 100_003;
    const startMs = nowMs - 30 * MINUTE_MS - spread * DAYS * DAY_MS;
    return Array.from({ length: EVENTS_PER_VISIT }, (__, i) => eventOf(person, visit, i, startMs));
  }).flat();
}

function eventOf(person: number, visit: number, i: number, startMs: number): object {
  const common = { anonymousId: `visitor-${person}`, timestamp: new Date(startMs + i * 40_000).toISOString() };
  const context = {
    page: { path: PAGES[(person + visit * i) % PAGES.length], referrer: SOURCES[(person + visit) % SOURCES.length] },
    location: { country: COUNTRIES[person % COUNTRIES.length] },
    device: { type: DEVICES[person % DEVICES.length] },
    ...(person % 3 === 0 && { campaign: { source: 'ads', name: CAMPAIGNS[visit % CAMPAIGNS.length] } }),
  };
  if (i < 4 || person % 5 > 0) return { ...common, type: 'page', context };
  return { ...common, type: 'track', event: 'Purchase', properties: { value: person % 90 }, context };
}
