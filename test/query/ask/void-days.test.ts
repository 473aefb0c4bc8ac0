// Void days: days of which something was superseded after their seal. The lake answers for them; where it holds too much,
// an answer from cells leaves their stored rows out and says so, on whichever bounds it is asked.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { isoTime } from '../../../src/core/std/instant.ts';
import { executeAll } from '../../../src/query/ask/execute.ts';
import { record } from '../../support/events.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.parse('2024-05-10T12:00:20.500Z');
const YESTERDAY_MS = NOW_MS - DAY_MS;
const limits = LIMITS as { -readonly [name in 'scanRowsMax']: number };
const { scanRowsMax } = LIMITS;

/** Ranges with all events in them, whose bounds are on a minute, or cut one of the void day, or of today, or of both. */
const RANGES = [
  { from: '2024-05-09', to: '2024-05-11' },
  { from: isoTime(YESTERDAY_MS - 10), to: '2024-05-11' },
  { from: '2024-05-09', to: isoTime(NOW_MS) },
  { from: isoTime(YESTERDAY_MS - 10), to: isoTime(NOW_MS) },
];
const QUESTIONS = [
  { measure: 'count' },
  { measure: 'count', groupBy: ['event'] },
  { measure: 'count', interval: 'hour' },
  { measure: 'users' },
];

let world: World;

/** Yesterday is sealed and void; of today three events are stored, and one is in the shard. */
beforeEach(async () => {
  world = new World({ nowMs: NOW_MS });
  const events = (beginMs: number, count: number, ids: string) =>
    Array.from({ length: count }, (_, n) => record({ id: `${ids}${n}`, atMs: beginMs - n, user_id: `${ids}${n}` }));
  world.append(0, events(YESTERDAY_MS, 5, 'y'));
  await world.store(0);
  await world.seal(dayOf(YESTERDAY_MS));
  world.append(0, events(NOW_MS - 1, 3, 't'));
  await world.store(0);
  world.append(0, events(NOW_MS - 100, 1, 'l'));
  await world.db
    .prepare('INSERT INTO superseded_days (uid, day, superseded_seq) VALUES (?1, ?2, 1)')
    .bind(UID, dayOf(YESTERDAY_MS))
    .run();
});
afterEach(() => Object.assign(limits, { scanRowsMax }));

describe('a range with a void day', () => {
  it.each(RANGES)('is answered by the lake, from $from to $to', async (range) => {
    for (const body of QUESTIONS) {
      const { series, meta } = await world.ask({ ...body, ...range });
      expect(series[0]!.total).toBe(9);
      expect(meta).toMatchObject({ sources: { rollups: null } });
    }
  });

  it.each(RANGES)(
    'is answered without its stored rows where the lake holds too much, from $from to $to',
    async (range) => {
      limits.scanRowsMax = 6;
      for (const body of QUESTIONS) {
        const { series, meta } = await world.ask({ ...body, ...range });
        expect(series[0]!.total).toBe(4);
        expect(meta).toMatchObject({ pending: 5, sources: { lake: null } });
      }
      const together = await executeAll(
        await world.asking(),
        QUESTIONS.map((body) => world.parse({ ...body, ...range, allowUnknown: true })),
      );
      if (!together.ok) throw new Error(together.error.code);
      expect(together.value.map(({ series }) => series[0]!.total)).toEqual(QUESTIONS.map(() => 4));
      await expect(world.ask({ ...QUESTIONS[0], ...range, exact: true })).rejects.toThrow('query-too-large');
    },
  );
});
