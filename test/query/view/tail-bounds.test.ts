// Bounds of the tails that a question holds: while the sinks are far behind, the question is refused, never answered in
// part.

import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { executeAll } from '../../../src/query/ask/execute.ts';
import { record } from '../../support/events.ts';
import { World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const COUNT = { measure: 'count', from: '2026-03-10', to: '2026-03-11' };
const limits = LIMITS as { queryTailEventsMax: number; queryTailSizeBytesMax: number };
const { queryTailEventsMax, queryTailSizeBytesMax } = LIMITS;
afterEach(() => Object.assign(limits, { queryTailEventsMax, queryTailSizeBytesMax }));

/** Two shards with ten blocks of five events each; every page is one block. */
function worldOf(): World {
  const world = new World({ nowMs: NOW_MS, shardCount: 2 });
  for (const [index, shard] of world.shards.entries()) {
    shard.blocksPerPage = 1;
    for (let block = 0; block < 10; block++) {
      const ids = Array.from({ length: 5 }, (_, event) => `${index} ${block} ${event}`);
      world.append(
        index,
        ids.map((id) => record({ id, atMs: NOW_MS, properties: { text: 'x'.repeat(100) } })),
      );
    }
  }
  return world;
}

/** The code, the status, and the number of pages that were read. */
async function refusal(world: World, body: object) {
  let pages = 0;
  for (const shard of world.shards) shard.beforeTailPage = async () => void pages++;
  const error = await world.ask(body, { rollups: [] }).catch((cause: unknown) => cause);
  return { ...(error as object), pages };
}

describe('tails that are too long', () => {
  it('refuse a question for now, and are not read to their end', async () => {
    const world = worldOf();
    limits.queryTailEventsMax = 100;
    expect((await world.ask(COUNT, { rollups: [] })).series[0]!.total).toBe(100);
    limits.queryTailEventsMax = 30;
    const refused = await refusal(world, COUNT);
    expect(refused).toMatchObject({ status: 503, code: 'query-tail-too-long', headers: { 'retry-after': '10' } });
    expect(refused.pages).toBeLessThan(12);
    // A question that cells answer does not read the tails.
    expect((await world.ask(COUNT)).series[0]!.total).toBe(100);
  });

  it('are so by the texts that the question looks at', async () => {
    const world = worldOf();
    limits.queryTailSizeBytesMax = 15_000;
    expect((await world.ask(COUNT, { rollups: [] })).series[0]!.total).toBe(100);
    const refused = await refusal(world, { ...COUNT, groupBy: ['properties.text'] });
    expect(refused).toMatchObject({ status: 503, code: 'query-tail-too-long' });
  });

  it('are not so by what only says who is who: of that no more is held than it says', async () => {
    const world = worldOf();
    world.append(0, [
      record({ id: 'in', atMs: NOW_MS, type: 'identify', anonymous_id: 'a', user_id: 'u' }),
      record({ id: 'before', atMs: NOW_MS, anonymous_id: 'a' }),
      record({ id: 'after', atMs: NOW_MS, anonymous_id: 'b', user_id: 'u' }),
    ]);
    limits.queryTailSizeBytesMax = 15_000;
    const users = { ...COUNT, measure: 'users' };
    for (const rollups of [undefined, []]) {
      const { series } = await world.ask(users, rollups && { rollups });
      expect(series[0]!.total).toBe(1);
    }
  });

  it('are read for links once, however many questions of a call count people', async () => {
    const world = worldOf();
    let pages = 0;
    for (const shard of world.shards) shard.beforeTailPage = async () => void pages++;
    const questions = Array.from({ length: 5 }, () => world.parse({ ...COUNT, measure: 'users' }));
    const answers = await executeAll(await world.asking(), questions);
    expect(answers.ok && answers.value).toHaveLength(5);
    expect(pages).toBe(20);
  });

  it('are counted once when they are read again', async () => {
    const world = worldOf();
    limits.queryTailEventsMax = 100;
    const [first] = world.shards;
    let pages = 0;
    first!.beforeTailPage = async () => {
      if (++pages === 8) throw new Error('the connection broke');
    };
    expect((await world.ask(COUNT, { rollups: [] })).series[0]!.total).toBe(100);
  });
});
