// A quota on the real runtime: a refused request is sent again and counted once; a neighbour notices nothing.

import { afterEach, expect, it, vi } from 'vitest';
import { call, newTenant, ROOT_KEY } from '../durable-objects/support/ledger.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('refuses a loud tenant until its allowance is back, and counts what it sends again once', async () => {
  const nowMs = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
  const loud = await newTenant();
  const quiet = await newTenant();
  const set = await call('PUT', `/v1/tenants/${loud.id}/quota`, ROOT_KEY, { eventsPerMinute: 60 });
  expect(set).toMatchObject({ status: 200, body: { tenant: loud.id, eventsPerMinute: 60 } });
  const [first, second, third] = [loud.events(40), loud.events(50), loud.events(30)];
  expect((await loud.send(first)).status).toBe(200);
  expect((await loud.send(second)).status).toBe(200);
  for (let i = 0; i < 5; i++) {
    expect(await loud.send(third)).toMatchObject({ status: 429, retryAfter: '31', body: { code: 'quota-exceeded' } });
    expect((await quiet.send(quiet.events(20))).status).toBe(200);
  }
  await loud.checkBooks();
  await quiet.checkBooks();
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs + 31_000 });
  expect((await loud.send(third)).body).toMatchObject({ accepted: 30, duplicate: 0 });
  await loud.checkBooks();
});
