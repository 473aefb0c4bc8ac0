import { describe, expect, it } from 'vitest';
import { LakeTurns } from '../../../src/query/call/lake-turns.ts';

const LIMITS = { runningMax: 3, waitingMax: 2, waitMsMax: 10_000, heldMsMax: 60_000 };

let nowMs = 0;
const turnsOf = (limits: object = {}) => new LakeTurns({ ...LIMITS, ...limits }, () => nowMs);

/** Takes turns of a tenant and notes the order in which they come. */
function takers(turns: LakeTurns, uid: string, count: number) {
  const come: number[] = [];
  const taken = Array.from({ length: count }, (_, index) => {
    const turn = turns.turnOf(uid);
    const taking = turn.take().then(() => void come.push(index));
    return {
      turn,
      taking,
      refusal: taking.then(
        () => null,
        (cause) => cause,
      ),
    };
  });
  return { come, taken };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('turns to read the lake', () => {
  it('are three at a time, then in order; what waits beyond is refused, and another tenant is not', async () => {
    const turns = turnsOf();
    const { come, taken } = takers(turns, 'shop', 6);
    await settled();
    expect(come).toEqual([0, 1, 2]);
    expect(await taken[5]!.refusal).toMatchObject({ status: 429, code: 'busy', headers: { 'retry-after': '5' } });
    await turns.turnOf('quiet').take();
    taken[1]!.turn.end();
    await settled();
    expect(come).toEqual([0, 1, 2, 3]);
    taken[3]!.turn.end();
    taken[0]!.turn.end();
    await settled();
    expect(come).toEqual([0, 1, 2, 3, 4]);
  });

  it('tell of each call that is refused, by its tenant', async () => {
    const refused: string[] = [];
    const turns = new LakeTurns(
      { ...LIMITS, runningMax: 1, waitingMax: 0 },
      () => nowMs,
      (uid) => refused.push(uid),
    );
    const first = turns.turnOf('shop');
    await first.take();
    for (const uid of ['shop', 'shop', 'quiet'])
      await turns
        .turnOf(uid)
        .take()
        .catch(() => {});
    expect(refused).toEqual(['shop', 'shop']);
    first.end();
  });

  it('come once a call, however often it asks, and end once', async () => {
    const turns = turnsOf({ runningMax: 1 });
    const first = turns.turnOf('shop');
    await Promise.all([first.take(), first.take(), first.take()]);
    const { come, taken } = takers(turns, 'shop', 2);
    first.end();
    first.end();
    await settled();
    expect(come).toEqual([0]);
    taken[0]!.turn.end();
    await settled();
    expect(come).toEqual([0, 1]);
  });

  it('are refused after a while of waiting, and free again afterwards', async () => {
    const turns = turnsOf({ runningMax: 1, waitingMax: 1, waitMsMax: 20 });
    const [running, waiting] = takers(turns, 'shop', 2).taken;
    expect(await waiting!.refusal).toMatchObject({ code: 'busy' });
    running!.turn.end();
    await turns.turnOf('shop').take();
  });

  it('are not handed to a call that has ended while it waited, nor by one that was refused', async () => {
    const turns = turnsOf({ runningMax: 1, waitingMax: 2 });
    const { come, taken } = takers(turns, 'shop', 4);
    expect(await taken[3]!.refusal).toMatchObject({ code: 'busy' });
    taken[3]!.turn.end();
    taken[1]!.turn.end();
    await settled();
    expect(come).toEqual([0]);
    taken[0]!.turn.end();
    await settled();
    expect(come).toEqual([0, 2]);
  });

  it('refuse a call that has waited too long though its own timer has not come', async () => {
    const turns = turnsOf({ runningMax: 1 });
    const { taken, come } = takers(turns, 'shop', 2);
    await settled();
    expect(come).toEqual([0]);
    // The clock passed while the isolate was busy: another call finds the overdue place before its timer does.
    nowMs += 60_001;
    takers(turns, 'shop', 1);
    expect(await Promise.race([taken[1]!.refusal, settled()])).toMatchObject({ code: 'busy' });
  });

  it('end by themselves where the platform has ended the call, and calls that are gone are passed over', async () => {
    const turns = turnsOf({ runningMax: 1 });
    const { come } = takers(turns, 'shop', 3);
    await settled();
    expect(come).toEqual([0]);
    // The first call is gone, and so are those that wait: none of them ends its turn.
    nowMs += 60_001;
    const later = takers(turns, 'shop', 2);
    await settled();
    expect([come, later.come]).toEqual([[0], [0]]);
    nowMs += 5_000;
    later.taken[0]!.turn.end();
    await settled();
    expect(later.come).toEqual([0, 1]);
  });
});
