import { describe, expect, it } from 'vitest';
import { bindings, deliver } from './durable-objects/support/ledger.ts';
import { expectLog } from './support/expect-log.ts';

describe('a batch of a queue', () => {
  it('is worked off by the role of the queue, whatever comes before it in the name', async () => {
    expect(await deliver('staging-seal', [{ uid: 'no-tenant', day: 20_000, cause: 'command' }])).toBe(1);
    expect(await deliver('staging-flush-dlq', [{ address: 'a' }, { address: 'b' }])).toBe(0);
    expectLog('sinks.dead-letters', { queue: 'staging-flush-dlq', count: 2 });
    const { results } = await bindings.DB.prepare('SELECT queue, body FROM dead_letters ORDER BY body').all();
    expect(results).toMatchObject([{ body: '{"address":"a"}' }, { body: '{"address":"b"}' }]);
  });

  it('fails, and so is not acknowledged, when its queue has no known role', async () => {
    await expect(deliver('tidemark-other', [{}])).rejects.toThrow('no consumer has the role other');
  });
});
