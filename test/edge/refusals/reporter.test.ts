import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { RefusalReport } from '../../../src/core/live/refusal.ts';
import { Privacy } from '../../../src/core/privacy/privacy.ts';
import type { Tenant } from '../../../src/core/tenant/tenant.ts';
import { HubReporter } from '../../../src/edge/refusals/reporter.ts';
import { expectLog, takeLog } from '../../support/expect-log.ts';
import { FakeHubs } from '../../support/fake-live.ts';
import { requestTo } from '../protocols/contract.ts';
import { NOW_MS, problemOf, testApp, testTenant } from '../support/app.ts';

async function start(parts: Partial<Tenant> = {}) {
  const hubs = new FakeHubs();
  let calls = 0;
  hubs.fault = () => void calls++;
  const reporter = new HubReporter(hubs.of);
  const tenant = testTenant(parts);
  const app = await testApp(tenant, undefined, reporter);
  const reports = () => hubs.reports.get(tenant.uid) ?? [];
  return { ...app, hubs, reporter, reports, calls: () => calls };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const good = { id: 'good', event: 'Signed up', userId: 'ann' };
const bad = { id: 'bad', event: '', userId: 'ann', context: { ip: '203.0.113.9' } };

describe('refused events', () => {
  it('are told to the hub with code, place, names and the event as it was sent, without what is not stored', async () => {
    const { send, reports } = await start();
    const headers = { 'user-agent': 'shop/1.0' };
    const answer = await send({ batch: [good, bad, 7] }, { headers });
    const verdict = (await answer.json()) as { rejected: number; errors: { code: string; path: string }[] };
    expect([answer.status, verdict.rejected]).toEqual([200, 2]);
    const [report, ...others] = reports();
    expect(others).toEqual([]);
    expect(report).toMatchObject({
      receivedAtMs: NOW_MS,
      source: 'native',
      path: '/v1/events',
      keyClass: 'server',
      keyHint: expect.stringMatching(/^[0-9a-f]{8}$/),
      userAgent: 'shop/1.0',
      more: 0,
    });
    const [first, second] = verdict.errors;
    expect(report?.items).toMatchObject([
      {
        code: first?.code,
        pointer: first?.path,
        index: 1,
        id: 'bad',
        event: '',
        body: '{"id":"bad","event":"","userId":"ann","context":{}}',
        bodyTruncated: false,
      },
      { code: second?.code, index: 2, id: null, event: null, body: '7' },
    ]);
  });

  it('are told shortly, however long the key is that a pointer names', async () => {
    const { send, reports } = await start();
    const long = 'k'.repeat(20_000);
    const deep = Array.from({ length: 40 }).reduce<object>((inner) => ({ inner }), {});
    await send([{ ...good, properties: { [long]: deep } }]);
    const [item] = reports()[0]?.items ?? [];
    expect(item?.code).toBe('properties-too-deep');
    expect(item?.pointer).toHaveLength(LIMITS.refusalTextLengthMax);
    expect(item?.pointer).toMatch(/^\/properties\/k+…$/);
    expect(item?.reason.length).toBeLessThanOrEqual(LIMITS.refusalTextLengthMax);
  });

  it('are told as the tenant’s privacy says', async () => {
    const { send, reports } = await start({ privacy: new Privacy({ addresses: 'keep', urlParameters: [] }) });
    await send([bad]);
    expect(reports()[0]?.items[0]?.body).toContain('203.0.113.9');
  });

  it('are told with the path in the sender’s names and the class of the key', async () => {
    const { send, reports, key } = await start();
    const body = { batch: [{ type: 'track', messageId: 'm1', event: '', userId: 'ann' }] };
    await send(body, { path: '/v1/batch', key: await key('browser') });
    expect(reports()).toMatchObject([
      { source: 'segment', path: '/v1/batch', keyClass: 'browser', items: [{ id: 'm1', type: 'track' }] },
    ]);
  });

  it('are told as the vendor’s client wrote them, without what its request shares', async () => {
    const { app, reports, key } = await start();
    const body = { client_id: 'c', ip_override: '203.0.113.9', events: [{ name: 'bought', params: [1] }] };
    await app.fetch(requestTo(`/mp/collect?api_secret=${await key('browser')}`, JSON.stringify(body), JSON_TYPE));
    expect(reports()[0]?.items).toMatchObject([
      { event: 'bought', pointer: '/params', body: '{"name":"bought","params":[1]}' },
    ]);
  });

  it('are told in lines that are no JSON too', async () => {
    const { send, reports } = await start();
    const headers = { 'content-type': 'application/x-ndjson' };
    await send(`${JSON.stringify(good)}\n{broken\n`, { headers });
    expect(reports()).toMatchObject([{ items: [{ code: 'json-invalid', index: 1, body: null }] }]);
  });

  it('are bounded for one request: the others are counted', async () => {
    const { send, reports } = await start();
    await send(Array.from({ length: 250 }, (_, i) => ({ ...bad, id: `bad${i}` })));
    const [{ items, more }] = reports() as [RefusalReport];
    expect([items.length, more]).toEqual([LIMITS.refusalsPerRequestMax, 250 - LIMITS.refusalsPerRequestMax]);
  });

  it('cost a request without refusals no call', async () => {
    const { send, calls } = await start();
    for (const body of [good, [good], { batch: [{ ...good, id: 'other' }] }])
      expect((await send(body)).status).toBe(200);
    expect(calls()).toBe(0);
  });
});

describe('a request that is refused whole', () => {
  const gzip = { 'content-encoding': 'gzip' };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const evil = { origin: 'https://evil.example' };
  it.each([
    ['no JSON', '{"event": "a", "ip": "203.0.113.9"', {}, 'json-invalid', '{"event": "a", "ip": "[address]"'],
    ['no event', '"text"', {}, 'batch-invalid', '"text"'],
    ['no gzip', 'plain', gzip, 'gzip-invalid', null],
    ['of another type', 'a=b', form, 'content-type-unsupported', null],
    ['without a body', '', {}, 'body-empty', null],
    ['from another origin', JSON.stringify(good), evil, 'origin-not-allowed', JSON.stringify(good)],
    ['with too many events', `[${'1,'.repeat(2_500)}1]`, {}, 'too-many-events', expect.stringMatching(/^\[1,1/)],
    [
      'with a broken context',
      JSON.stringify({ batch: [good], context: 7 }),
      {},
      'batch-invalid',
      JSON.stringify({ batch: [good], context: 7 }),
    ],
  ])('is told when it is %s', async (_, body, headers, code, shown) => {
    const { send, reports } = await start({ origins: ['https://shop.example'] });
    const [status, refused] = await problemOf(await send(body, { headers }));
    expect([status >= 400 && status < 500, refused]).toEqual([true, code]);
    expect(reports()).toMatchObject([{ items: [{ code, index: null, id: null, body: shown }], more: 0 }]);
  });

  it('is told when its events are too large together', async () => {
    const { send, reports } = await start();
    const context = { text: 'x'.repeat(20_000) };
    const events = Array.from({ length: 2_000 }, (_, i) => ({ id: `e${i}`, event: '', context: { n: i } }));
    const [, code] = await problemOf(await send({ batch: events, context }));
    expect(code).toBe('events-too-large');
    expect(reports()).toMatchObject([{ items: [{ code, index: null }] }]);
  });

  it('is told to nobody when its sender is not known, or when it is to be sent again', async () => {
    const { send, calls, shards } = await start();
    await problemOf(await send('{broken', { key: null }));
    await problemOf(await send([bad], { key: 'tm_nonsense' }));
    shards.answer = () => ({ status: 'overloaded', retryAfterMs: 1_000 });
    expect(await problemOf(await send([good, bad]))).toEqual([429, 'overloaded']);
    expect(calls()).toBe(0);
  });
});

describe('a hub that does not keep what it is told', () => {
  it('costs the sender nothing; what it missed is counted, and told with the next report', async () => {
    const { send, hubs, reporter, reports } = await start();
    hubs.fault = () => {
      throw new Error('the hub is down');
    };
    const answer = await send([good, bad]);
    expect([answer.status, ((await answer.json()) as { accepted: number }).accepted]).toEqual([200, 1]);
    expect(takeLog('edge.refusals')).toHaveLength(1);
    expect([reports(), reporter.unkept]).toEqual([[], 1]);
    hubs.fault = () => {};
    await send([{ ...bad, id: 'later' }]);
    expect([reports().length, hubs.unkept, reporter.unkept]).toEqual([1, 1, 1]);
    await send([{ ...bad, id: 'still later' }]);
    expect(hubs.unkept).toBe(1);
  });

  it('delays an answer by no more than a second', async () => {
    const { send, hubs, reporter } = await start();
    hubs.fault = () => new Promise(() => {});
    const startedMs = performance.now();
    expect((await send([bad])).status).toBe(200);
    expect(performance.now() - startedMs).toBeLessThan(LIMITS.refusalReportMsMax + 2_000);
    expectLog('edge.refusals', {});
    expect(reporter.unkept).toBe(1);
  });

  it('has a bounded number of reports under way', async () => {
    const { send, hubs, reporter } = await start();
    let open = () => {};
    let waiting = 0;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    hubs.fault = () => {
      waiting++;
      return opened;
    };
    const count = LIMITS.refusalReportsInFlightMax + 10;
    const answers = Array.from({ length: count }, (_, i) => send([{ ...bad, id: `bad${i}` }]));
    await vi.waitFor(() => expect(reporter.unkept).toBe(10));
    open();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect([new Set(statuses), waiting]).toEqual([new Set([200]), LIMITS.refusalReportsInFlightMax]);
  });
});
