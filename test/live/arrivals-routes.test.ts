import { describe, expect, it } from 'vitest';
import { openBlock } from '../../src/core/block/block.ts';
import { ACCEPTED, DUPLICATE } from '../../src/core/block/disposition.ts';
import type { RefusalReport } from '../../src/core/live/refusal.ts';
import { RecentGathering, type RecentRequest } from '../../src/core/shard/recent.ts';
import type { ShardRpc } from '../../src/core/shard/rpc.ts';
import { block, record } from '../support/events.ts';
import { expectLog } from '../support/expect-log.ts';
import { fakeApp, START_MS } from '../support/fake-services.ts';

const SECOND_MS = 1_000;

/** A report of `count` refusals. */
function reportOf(atMs: number, count: number, parts: Partial<RefusalReport> = {}): RefusalReport {
  const items = Array.from({ length: count }, (_, index) => ({
    code: index % 2 === 0 ? 'event-invalid' : 'time-invalid',
    reason: 'It is wrong.',
    pointer: '/event',
    index,
    id: `${atMs}-${index}`,
    event: 'Signed up',
    type: 'track',
    body: '{}',
    bodyTruncated: false,
  }));
  const sender = { keyClass: 'browser', keyHint: '0123abcd', userAgent: 'shop/1' } as const;
  return { receivedAtMs: atMs, source: 'native', path: '/v1/events', ...sender, items, more: 0, ...parts };
}

/** A shard that took each of these ids at its second after the start; an id that comes again is a duplicate. */
function shardOf(...ids: readonly string[]) {
  const rows = ids.map((id, i) => {
    const receivedAtMs = START_MS + i * SECOND_MS;
    const records = [
      record({ id, user_id: 'ann', event: 'Viewed', source: 'segment', atMs: receivedAtMs, receivedAtMs }),
    ];
    const disposition = ids.indexOf(id) < i ? DUPLICATE : ACCEPTED;
    return { blocks: [openBlock(block(records, { receivedAtMs }))], dispositions: [Uint8Array.of(disposition)] };
  });
  return () =>
    ({
      recent: async (request: RecentRequest) => {
        const gathering = new RecentGathering(request);
        for (const row of rows.toReversed()) gathering.add(row);
        return gathering.reply({ incarnation: 'i', seq: rows.length }, false);
      },
    }) as unknown as ShardRpc;
}

async function start(ids: readonly string[] = []) {
  const stack = fakeApp({ shardOf: shardOf(...ids) });
  const { uid, keys } = await stack.createTenant('shop');
  await stack.services.directoryOf(uid).register({ region: 'weur', index: 0, incarnation: 'i', registeredAtMs: 1 });
  const ask = async (query = '') => {
    const { status, body } = await stack.call('GET', `/v1/arrivals${query}`, { key: keys.read });
    return status === 200 ? body : { status, code: body.code };
  };
  const note = (report: RefusalReport) => stack.services.liveOf(uid).note(report, 0);
  return { ...stack, uid, keys, ask, note };
}

describe('GET /v1/arrivals', () => {
  it('lists accepted events, duplicates and refusals in the order of their receipt, the newest first', async () => {
    const { ask, note } = await start(['a', 'b', 'a']);
    await note(reportOf(START_MS + 500, 1));
    const { arrivals, counts, complete, kept, next } = await ask();
    expect(arrivals.map(({ verdict, id }: { verdict: string; id: string }) => [verdict, id])).toEqual([
      ['duplicate', 'a'],
      ['accepted', 'b'],
      ['refused', `${START_MS + 500}-0`],
      ['accepted', 'a'],
    ]);
    expect(counts).toEqual({ accepted: 2, duplicate: 1, refused: 1 });
    expect([complete, next]).toEqual([true, null]);
    expect(kept).toEqual({ refusals: 1, since: new Date(START_MS + 500).toISOString(), notKept: 0 });
    expect(arrivals[1]).toMatchObject({ type: 'track', event: 'Viewed', source: 'segment' });
    expect(arrivals[2]).toMatchObject({
      whole: false,
      code: 'event-invalid',
      reason: 'It is wrong.',
      pointer: '/event',
      index: 0,
      keyClass: 'browser',
      keyHint: '0123abcd',
      body: '{}',
    });
  });

  it('says that a whole request was refused', async () => {
    const { ask, note } = await start();
    const [item] = reportOf(START_MS, 1).items;
    await note(reportOf(START_MS, 1, { items: [{ ...item!, index: null, pointer: null }] }));
    expect((await ask()).arrivals).toMatchObject([{ whole: true, index: null, pointer: null }]);
  });

  it('leads through all refusals by its cursor, each once, also when events fill the first page', async () => {
    const { ask, note } = await start(['a', 'b', 'c']);
    for (let i = 0; i < 4; i++) await note(reportOf(START_MS - (4 - i) * SECOND_MS, 3));
    const seen: string[] = [];
    let query = '?limit=3';
    for (let page = 0; page < 20; page++) {
      const { arrivals, next } = await ask(query);
      seen.push(...arrivals.map(({ id }: { id: string }) => id));
      if (next === null) break;
      query = `?limit=5&before=${next}`;
    }
    expect(seen.slice(0, 3)).toEqual(['c', 'b', 'a']);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(15);
  });

  it('filters by verdict, source, event and code', async () => {
    const { ask, note } = await start(['a', 'a']);
    await note(reportOf(START_MS - 1, 2));
    const verdicts = async (query: string) =>
      (await ask(query)).arrivals.map(({ verdict }: { verdict: string }) => verdict);
    expect(await verdicts('?verdict=duplicate')).toEqual(['duplicate']);
    expect(await verdicts('?verdict=accepted,refused')).toEqual(['accepted', 'refused', 'refused']);
    expect(await verdicts('?source=segment')).toEqual(['duplicate', 'accepted']);
    expect(await verdicts('?event=Signed%20up')).toEqual(['refused', 'refused']);
    expect(await verdicts('?code=time-invalid')).toEqual(['refused']);
    expect(await ask('?verdict=lost')).toEqual({ status: 400, code: 'request-invalid' });
    expect(await ask('?before=nonsense')).toEqual({ status: 400, code: 'cursor-invalid' });
  });

  it('shows a tenant its own refusals alone, and to a key that reads', async () => {
    const { ask, note, call, keys, createTenant } = await start();
    await note(reportOf(START_MS, 1));
    const other = await createTenant('other');
    expect((await call('GET', '/v1/arrivals', { key: other.keys.read })).body.arrivals).toEqual([]);
    expect((await ask()).arrivals).toHaveLength(1);
    expect((await call('GET', '/v1/arrivals', { key: keys.browser })).body.code).toBe('key-scope');
  });

  it('says when the hub or a shard does not answer, and tells what the others know', async () => {
    const { ask, note, hubs, services, uid } = await start(['a']);
    await note(reportOf(START_MS, 1));
    hubs.fault = () => {
      throw new Error('down');
    };
    const { arrivals, complete } = await ask();
    expect([arrivals.length, complete]).toEqual([1, false]);
    expectLog('live.arrivals', { uid });
    hubs.fault = () => {};
    await services.directoryOf(uid).register({ region: 'weur', index: 1, incarnation: 'j', registeredAtMs: 1 });
    expect((await ask()).complete).toBe(true);
  });
});
