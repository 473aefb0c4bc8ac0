import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from '../support/fake-server.ts';
import { runCli } from '../support/run-cli.ts';

const step = (name: string, people: number, of: Partial<Record<string, unknown>> = {}) => ({
  name,
  people,
  ofFirst: people / 200,
  ofPrevious: null,
  dropped: 0,
  ...of,
});
const steps = [
  step('Viewed', 200),
  step('Bought', 50, { ofPrevious: 0.25, dropped: 150, secondsToConvert: { n: 50, p50: 5_400 } }),
];
const meta = { asOf: '2026-06-30T10:00:00.000Z', complete: true, elapsedMs: 12.3 };

let server: FakeServer;
const ask = (...argv: string[]) =>
  runCli(['funnel', ...argv, '--url', server.url], { env: { TIDEMARK_READ_KEY: 'tmr_test' } });
beforeAll(async () => {
  server = await FakeServer.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.calls.length = 0;
  server.answers['POST /v1/query/funnel'] = { steps, meta };
});

describe('funnel', () => {
  it('asks for the steps it is given', async () => {
    const { code } = await ask('Viewed', 'Added, Saved', 'Bought', '--within', '24h', '--from', '2026-06-01');
    expect(code).toBe(0);
    const [call] = server.callsTo('/v1/query/funnel');
    expect(JSON.parse(call!.text)).toMatchObject({
      steps: [{ event: 'Viewed' }, { events: ['Added', 'Saved'] }, { event: 'Bought' }],
      windowSeconds: 86_400,
      from: '2026-06-01',
    });
    expect(call!.headers.authorization).toBe('Bearer tmr_test');
  });

  it('shows a line a step', async () => {
    const { out } = await ask('Viewed', 'Bought');
    expect(out.split('\n')).toEqual([
      'step    people  of first  of previous  dropped  median time',
      '------  ------  --------  -----------  -------  -----------',
      'Viewed     200  100.0 %   –                  –  –',
      'Bought      50  25.0 %    25.0 %           150  1.5 h',
      '(as of 2026-06-30T10:00:00.000Z, complete, 12 ms)',
    ]);
  });

  it('shows the groups, the rest and everybody', async () => {
    const groups = [
      { key: { country: 'DE' }, steps },
      { key: { country: null }, steps },
      { key: { country: null }, other: true, steps },
    ];
    server.answers['POST /v1/query/funnel'] = { steps, groups, meta };
    const { out } = await ask('Viewed', 'Bought', '--group-by', 'country', '--top', '2');
    const firsts = out.split('\n').map((line) => line.split(/ {2,}/)[0]);
    expect(firsts).toEqual([
      ...['country', '-------', 'DE', 'DE', '(none)', '(none)', '(other)', '(other)', '(all)', '(all)'],
      '(as of 2026-06-30T10:00:00.000Z, complete, 12 ms)',
    ]);
  });

  it('refuses what is no funnel before it asks', async () => {
    expect(await ask('Viewed')).toMatchObject({ code: 2, notes: expect.stringContaining('two steps') });
    expect(await ask('Viewed', 'Bought', '--within', 'soon')).toMatchObject({
      code: 2,
      notes: expect.stringContaining('--within'),
    });
    expect(await ask('Viewed', ' , ')).toMatchObject({ code: 2, notes: expect.stringContaining('a step has no name') });
    expect(server.calls).toEqual([]);
  });
});
