// Visits: invented traffic of a few days for the tests of pages: people, pages, purchases, sources.

import { expect } from 'vitest';
import type { Stack } from '../support/stack.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const PAGES = ['/', '/pricing', '/docs', '/blog'];
const SOURCES = ['https://www.google.com/', 'https://news.ycombinator.com/', undefined];
const PLANS = ['free', 'pro', 'team'];

/** Sends visits of the last days to the demo tenant: each person views pages, some sign up and buy. */
export async function sendVisits(stack: Stack, nowMs: number, { people = 60, days = 5 } = {}): Promise<void> {
  const events = Array.from({ length: people }, (_, person) => visitOf(person, nowMs, days)).flat();
  const response = await fetch(`${stack.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.keys().tenants.demo?.server}`, 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ received: events.length, accepted: events.length });
}

function visitOf(person: number, nowMs: number, days: number): object[] {
  const startMs = nowMs - (person % days) * DAY_MS - (person % 40) * 3 * MINUTE_MS - 10 * MINUTE_MS;
  const userId = `person-${person}`;
  const at = (minutes: number) => new Date(startMs + minutes * MINUTE_MS).toISOString();
  const context = {
    page: { referrer: SOURCES[person % SOURCES.length] },
    campaign: person % 4 === 0 ? { source: 'newsletter', medium: 'email', name: 'launch' } : undefined,
  };
  const views = PAGES.slice(0, 1 + (person % PAGES.length)).map((path, i) => ({
    type: 'page',
    userId,
    timestamp: at(i),
    properties: { path, url: `https://shop.example${path}`, title: path },
    context,
  }));
  const signUp = {
    type: 'track',
    event: 'Signed Up',
    userId,
    timestamp: at(5),
    properties: { plan: PLANS[person % 3] },
  };
  const buy = {
    type: 'track',
    event: 'Purchase',
    userId,
    timestamp: at(7),
    properties: { value: 10 + person, plan: 'pro' },
  };
  const identify = {
    type: 'identify',
    userId,
    timestamp: at(5),
    traits: { plan: PLANS[person % 3], name: `Person ${person}` },
  };
  return [...views, ...(person % 2 === 0 ? [signUp, identify] : []), ...(person % 4 === 0 ? [buy] : [])];
}
