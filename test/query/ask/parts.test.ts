// Parts are read by what a question asks for: its kind, its days, its windows; and only as much as fits.

import { afterEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import { isoTime } from '../../../src/core/std/instant.ts';
import { executeAll } from '../../../src/query/ask/execute.ts';
import { record } from '../../support/events.ts';
import { World } from '../support/world.ts';

const NOON_MS = Date.parse('2024-05-10T12:00:00Z');
const RANGE = { from: '2024-05-09', to: '2024-05-11' };
const COUNT = { measure: 'count', groupBy: ['event'], ...RANGE };
const USERS = { measure: 'users', ...RANGE };
const limits = LIMITS as { -readonly [name in 'queryCellsSizeBytesMax' | 'scanRowsMax']: number };
const { queryCellsSizeBytesMax, scanRowsMax } = LIMITS;

afterEach(() => Object.assign(limits, { queryCellsSizeBytesMax, scanRowsMax }));

/** Two flushes: one with events of both days, one of the last hour. */
async function worldOf(): Promise<World> {
  const world = new World({ nowMs: NOON_MS });
  const at = (id: string, atMs: number, person: string) => record({ id, atMs, user_id: person });
  world.append(0, [
    at('a', NOON_MS - DAY_MS, 'u1'),
    at('b', NOON_MS - 5 * HOUR_MS, 'u1'),
    at('c', NOON_MS - HOUR_MS, 'u2'),
  ]);
  await world.store(0);
  world.append(0, [at('d', NOON_MS - 10 * MINUTE_MS, 'u3')]);
  await world.store(0);
  return world;
}

const run = (world: World, sql: string) => world.db.prepare(sql).run();
const total = async (world: World, body: object, options = {}) => (await world.ask(body, options)).series[0]?.total;

describe('parts', () => {
  it('are of one day and of one kind', async () => {
    const world = await worldOf();
    const { results } = await world.db
      .prepare('SELECT kind, day_min, count(*) AS parts FROM parts WHERE day_min = day_max GROUP BY kind, day_min')
      .all();
    const day = Math.floor(NOON_MS / DAY_MS);
    expect(results).toMatchObject([
      { kind: 'counts', day_min: day - 1 },
      { kind: 'counts', day_min: day },
      { kind: 'people', day_min: day - 1 },
      { kind: 'people', day_min: day },
    ]);
    expect((await run(world, 'DELETE FROM parts WHERE day_min < day_max')).meta.changes).toBe(0);
  });

  it('of people are not read by a count, nor those of counts by a question about people', async () => {
    const world = await worldOf();
    await run(world, `UPDATE parts SET cells = 'broken' WHERE kind = 'people'`);
    expect(await total(world, COUNT)).toBe(4);
    await expect(total(world, USERS)).rejects.toThrow();
    const other = await worldOf();
    await run(other, `UPDATE parts SET cells = 'broken' WHERE kind = 'counts'`);
    expect(await total(other, USERS)).toBe(3);
    expect(await total(other, { ...USERS, interval: 'hour' })).toBe(3);
    await expect(total(other, COUNT)).rejects.toThrow();
  });

  it('are not read when no window of theirs is asked for', async () => {
    const world = await worldOf();
    await run(world, `UPDATE parts SET cells = 'broken' WHERE start_ms_max < ${NOON_MS - 30 * MINUTE_MS}`);
    const recent = { from: isoTime(NOON_MS - 30 * MINUTE_MS), to: isoTime(NOON_MS + MINUTE_MS) };
    const answer = await world.ask({ ...COUNT, ...recent });
    expect(answer).toMatchObject({ series: [{ total: 1 }], meta: { sources: { rollups: { parts: 1 }, lake: null } } });
    await expect(total(world, COUNT)).rejects.toThrow();
  });

  it('of an earlier release, with all of their cells and of several days, count as before', async () => {
    const world = new World({ nowMs: NOON_MS });
    const ids = ['a', 'b', 'c'];
    world.append(
      0,
      ids.map((id, n) => record({ id, atMs: NOON_MS - n * DAY_MS, user_id: id })),
    );
    const stored = DEFAULT_ROLLUPS.map(({ id }) => {
      const { cells } = world.shards[0]!.engine.live({ rollupId: id, startMs: 0, endMs: Number.MAX_SAFE_INTEGER });
      return [id, Buffer.from(cells?.[0] ?? []).toString('base64')] as const;
    });
    await world.store(0);
    await run(world, 'DELETE FROM parts');
    const day = Math.floor(NOON_MS / DAY_MS);
    for (const [id, cells] of stored) {
      if (cells === '') continue;
      await run(
        world,
        `INSERT INTO parts (uid, rollup_id, incarnation, seq_from, chunk, seq_to, day_min, day_max, overflowed, corrections, checksum, cells)
         VALUES ('${world.tenant.uid}', '${id}', 'incarnation-0', 0, 0, 1, ${day - 2}, ${day}, 0, 0, '', '${cells}')`,
      );
    }
    for (const body of [COUNT, USERS]) {
      const answer = await world.ask(body);
      expect(answer).toMatchObject({
        series: [{ total: 2 }],
        meta: { sources: { rollups: { parts: 1 }, lake: null } },
      });
    }
    await world.seal(day - 1);
    for (const body of [COUNT, USERS]) expect(await total(world, body)).toBe(2);
  });
});

describe('cells that are larger than a question may read', () => {
  it('are left alone: the lake answers, and where it cannot, the question is refused with a code', async () => {
    for (const isSealed of [false, true]) {
      const world = await worldOf();
      if (isSealed) for (const day of [9, 10]) await world.seal(Date.UTC(2024, 4, day) / DAY_MS);
      limits.queryCellsSizeBytesMax = 20;
      for (const body of [COUNT, USERS, { ...COUNT, interval: 'hour' }]) {
        const answer = await world.ask(body);
        expect(answer.meta.sources).toMatchObject({ rollups: null });
        expect(answer.series[0]!.total).toBe(body === USERS ? 3 : 4);
      }
      limits.scanRowsMax = 2;
      for (const body of [COUNT, USERS]) {
        const queries = [world.parse({ ...body, allowUnknown: true })];
        const refused = await executeAll(await world.asking(), queries);
        expect(refused).toMatchObject({ ok: false, error: { code: 'query-too-large' } });
      }
      Object.assign(limits, { queryCellsSizeBytesMax, scanRowsMax });
    }
  });
});
