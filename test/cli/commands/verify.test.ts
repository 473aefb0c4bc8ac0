import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCovered } from '../../../src/cli/commands/seal.ts';
import {
  checkDrift,
  checkShards,
  checkTally,
  checkTiling,
  compareDays,
  rangesOf,
} from '../../../src/cli/commands/verify.ts';
import { FakeServer } from '../support/fake-server.ts';
import { runCli } from '../support/run-cli.ts';

const day = {
  day: '2026-01-01',
  revision: 1,
  sealedAt: '2026-01-02T02:00:00.000Z',
  dirty: false,
  events: 10,
  people: 4,
};
const drift = { live: 11, sealed: 10, duplicates: 1, beyond: 0, imported: 0, rest: 0 };

const stored = {
  flushes: 2,
  tally: { received: 10, accepted: 7, duplicate: 1, quarantined: 0, rejected: 2, clamped: 0 },
  gaps: 0,
};
const sealed = { dirtyDays: 0, firstDay: '2026-01-01', lastDay: '2026-01-01' };
const shard = { region: 'weur', index: 3, reachable: true, incarnation: 'i', storedSeq: 4, headSeq: 6 };

describe('verify', () => {
  it('balances the accounts', () => {
    expect(checkTally(stored).ok).toBe(true);
    const off = { ...stored, tally: { ...stored.tally, received: 11 } };
    expect(checkTally(off)).toMatchObject({ ok: false, found: expect.stringContaining('11 received and stored ≠') });
  });

  it('says how many events were dated in the future', () => {
    expect(checkTally(stored).found).not.toContain('future');
    const clamped = { ...stored, tally: { ...stored.tally, clamped: 3 } };
    expect(checkTally(clamped)).toMatchObject({ ok: true, found: expect.stringContaining('; 3 dated in the future') });
  });

  it('finds gaps between flushes', () => {
    expect(checkTiling(stored).ok).toBe(true);
    expect(checkTiling({ ...stored, gaps: 1 }).ok).toBe(false);
  });

  it('names days whose drift has a rest', () => {
    expect(checkDrift([{ ...day, drift }]).ok).toBe(true);
    const off = checkDrift([{ ...day, drift: { ...drift, rest: -1 } }]);
    expect(off).toMatchObject({ ok: false, found: expect.stringContaining('2026-01-01 (-1)') });
  });

  it('names shards that do not answer', () => {
    expect(checkShards({ shards: [{ ...shard, reachable: false }], tailEvents: 0, stored, sealed })).toMatchObject({
      ok: false,
      found: expect.stringContaining('weur/3'),
    });
  });

  it('asks for long histories in parts', () => {
    expect(rangesOf('2020-01-01', '2020-01-01', 2)).toEqual([{ from: '2020-01-01', to: '2020-01-01' }]);
    expect(rangesOf('2020-01-01', '2020-01-05', 2)).toEqual([
      { from: '2020-01-01', to: '2020-01-02' },
      { from: '2020-01-03', to: '2020-01-04' },
      { from: '2020-01-05', to: '2020-01-05' },
    ]);
  });

  it('compares answers with seals', () => {
    expect(compareDays([{ ...day, drift }], new Map([['2026-01-01', 10]])).ok).toBe(true);
    expect(compareDays([{ ...day, drift }], new Map()).found).toContain('2026-01-01 (0 ≠ 10)');
  });

  it('knows when everything taken before is stored', () => {
    const statusOf = (values: Partial<typeof shard>) => ({
      shards: [{ ...shard, ...values }],
      tailEvents: 0,
      stored,
      sealed,
    });
    expect(isCovered(statusOf({}), statusOf({ storedSeq: 5, headSeq: 9 }))).toBe(false);
    expect(isCovered(statusOf({}), statusOf({ storedSeq: 6, headSeq: 9 }))).toBe(true);
    expect(isCovered(statusOf({}), { shards: [], tailEvents: 0, stored, sealed })).toBe(true);
  });

  describe('against a server', () => {
    let server: FakeServer;
    beforeAll(async () => {
      server = await FakeServer.start();
      server.answers['GET /v1/status'] = { shards: [], tailEvents: 0, stored, sealed };
      server.answers['GET /v1/seals'] = { days: [{ ...day, drift }] };
      server.answers['POST /v1/query'] = {
        series: [{ key: {}, total: 9, points: [{ at: '2026-01-01T00:00:00.000Z', value: 9 }] }],
        meta: {},
      };
    });
    afterAll(() => server.stop());

    it('ends with 1 when something does not balance', async () => {
      const { code, out } = await runCli(['verify', '--url', server.url], { env: { TIDEMARK_READ_KEY: 'r' } });
      expect(code).toBe(1);
      expect(out).toContain('FAIL  answers');
    });

    it('seals and waits until no day is dirty', async () => {
      let polls = 0;
      server.answers['POST /v1/seal'] = { queued: ['2026-01-01'] };
      server.fault = ({ method, path }) =>
        method === 'GET' && path.startsWith('/v1/seals')
          ? { body: { days: [{ ...day, drift, dirty: ++polls < 2 }] } }
          : undefined;
      const env = { TIDEMARK_ADMIN_KEY: 'a' };
      const { code, out } = await runCli(['seal', '--from', '2026-01-01', '--url', server.url], { env });
      expect(code).toBe(0);
      expect(out).toContain('2026-01-01');
      const sealCall = server.calls.find(({ method, path }) => method === 'POST' && path === '/v1/seal');
      expect(JSON.parse(sealCall?.text ?? '')).toEqual({ from: '2026-01-01', to: '2026-01-01' });
    });
  });
});
