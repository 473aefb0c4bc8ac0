import { describe, expect, it } from 'vitest';
import { ExcludedBots } from '../../../../src/core/journeys/kit/excluded-bots.ts';
import { LIMITS } from '../../../../src/core/limits.ts';

const ASKED = { choice: 'exclude', by: 'tenant', where: null } as const;
const LAST = 0x7fffffff;

function passOf(...people: number[]): ExcludedBots {
  const bots = new ExcludedBots(ASKED);
  for (const high of people) bots.add(high, 1);
  return bots;
}

describe('the events of bots that a journey leaves out', () => {
  it('are counted once, though a pass gives up people whom the next one reads again', () => {
    const bots = passOf(-5, 1, 7, 7);
    bots.endPass(1);
    for (const high of [7, 7]) bots.add(high, 1);
    bots.endPass(null);
    expect(bots.total).toBe(4);
  });

  it('are those of other readers too, by the people that they are linked to', () => {
    const bots = passOf(3);
    const follow = (words: Uint32Array, at: number) => {
      if (words[at + 1] === 9) words[at + 1] = 2;
    };
    bots.absorb(passOf(9, 9, 4).part(), follow);
    bots.endPass(3);
    expect(bots.total).toBe(3);
  });

  it('are known in any number as long as no people are given up', () => {
    const bots = new ExcludedBots(ASKED);
    const count = LIMITS.excludedBotsHeldMax + 1;
    for (let event = 0; event < count; event++) bots.add(event, 1);
    const other = new ExcludedBots(ASKED);
    other.absorb(bots.part(), null);
    bots.endPass(null);
    other.endPass(null);
    expect([bots.total, other.total]).toEqual([count, count]);

    for (let event = 0; event < count; event++) bots.add(event, 1);
    bots.endPass(LAST - 1);
    expect(bots.total).toBeNull();
  });

  it('are not known when a reader does not tell', () => {
    const bots = passOf(1);
    bots.absorb(undefined, null);
    bots.endPass(null);
    expect(bots.total).toBeNull();
  });
});
