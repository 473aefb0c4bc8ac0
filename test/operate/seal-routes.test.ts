// Seal routes: which days a command queues while shards hold events that are not stored.

import { describe, expect, it } from 'vitest';
import type { Services } from '../../src/services.ts';
import { fakeApp } from '../support/fake-services.ts';

/** A tenant without a stored event, whose only shard has stored its events up to `storedSeq` of 5. */
async function start(storedSeq: number) {
  const made = fakeApp({
    directoryOf: (() => ({ list: async () => [{ region: 'weur', index: 0 }] })) as unknown as Services['directoryOf'],
    shardOf: (() => ({ cut: async () => ({ storedSeq, cutSeq: 5 }) })) as unknown as Services['shardOf'],
  });
  const { keys } = await made.createTenant('acme');
  const command = async (from: string, to: string) =>
    (await made.call('POST', '/v1/seal', { key: keys.admin, body: { from, to } })).body.queued.length;
  return { ...made, command };
}

describe('a command to seal', () => {
  it('takes all days for dirty while a shard holds events, each once in a while', async () => {
    const { command, sent, clock } = await start(4);
    for (let again = 0; again < 5; again++) expect(await command('2000-01-01', '2000-01-03')).toBe(3);
    expect(sent).toHaveLength(3);
    expect(await command('2000-01-02', '2000-01-04')).toBe(3);
    expect(sent).toHaveLength(4);
    clock.nowMs += 30_000;
    await command('2000-01-01', '2000-01-04');
    expect(sent).toHaveLength(8);
  });

  it('queues nothing when all is stored and no day is dirty', async () => {
    const { command, sent } = await start(5);
    expect(await command('2000-01-01', '2010-12-13')).toBe(0);
    expect(sent).toEqual([]);
  });
});
