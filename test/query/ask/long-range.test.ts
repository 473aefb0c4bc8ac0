// Questions over five years: by the day, the week and the month, from rollups and from the events, as counted by hand.

import { beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import { randomFrom } from '../../lake/generate.ts';
import { record } from '../../support/events.ts';
import { answerByHand } from '../support/oracle.ts';
import { dayOf, World } from '../support/world.ts';

const FROM_MS = Date.UTC(2019, 2, 1);
const RANGE = { from: '2019-03-01', to: '2024-03-01' };
const DAYS = 1_827;

describe('five years', () => {
  let world: World;

  beforeAll(async () => {
    const random = randomFrom(5);
    world = new World({ nowMs: FROM_MS });
    for (let index = 0; index < 40; index++) {
      const day = Math.floor((index / 40) * DAYS);
      world.nowMs = FROM_MS + day * DAY_MS + 20 * HOUR_MS;
      const events = Array.from({ length: 3 }, (_, event) =>
        record({
          id: `e${index}-${event}`,
          atMs: world.nowMs - Math.floor(random() * 12) * HOUR_MS,
          event: random() < 0.5 ? 'A' : 'B',
          user_id: `u${Math.floor(random() * 20)}`,
        }),
      );
      world.append(0, events);
      await world.store(0);
      await world.seal(dayOf(world.nowMs));
    }
    world.nowMs = Date.UTC(2024, 2, 1);
  }, 120_000);

  it.each(['day', 'week', 'month', undefined])('by the %s are exact', async (interval) => {
    for (const measure of ['count', 'users']) {
      const body = { ...RANGE, measure, ...(interval && { interval }), groupBy: ['event'], top: 5 };
      const expected = answerByHand(world.parse(body), world.events);
      const answered = await world.ask(body);
      expect(answered.series).toEqual(expected);
      expect(answered.meta.sources).toMatchObject({ lake: null, rollups: { sealedDays: 40 } });
      expect(answered.meta).not.toHaveProperty('estimated');
      expect((await world.ask(body, { rollups: [] })).series).toEqual(expected);
    }
  });
});
