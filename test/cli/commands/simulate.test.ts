import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrivals, type WorldOptions } from '../../../src/cli/simulate/world.ts';
import { FakeServer } from '../support/fake-server.ts';
import { runCli } from '../support/run-cli.ts';

const world: WorldOptions = { seed: '7', peopleCount: 50, days: 3, eventCount: 2_000, untilMs: Date.UTC(2026, 0, 10) };

describe('the simulated world', () => {
  it('is the same for the same seed', () => {
    expect(arrivals(world)).toEqual(arrivals(world));
  });

  it('is another for another seed', () => {
    const [a] = arrivals(world).events;
    const [b] = arrivals({ ...world, seed: '8' }).events;
    expect(a?.id).not.toBe(b?.id);
  });

  it('keeps its ids when it ends at another time', () => {
    const ids = (options: WorldOptions) => arrivals(options).events.map(({ id }) => id);
    expect(ids({ ...world, untilMs: world.untilMs + 3_600_000 }).sort()).toEqual(ids(world).sort());
  });

  it('has as many events as asked, beside its copies, some out of order', () => {
    const { events, duplicateCount, disorderedCount } = arrivals(world);
    expect(new Set(events.map(({ id }) => id)).size).toBe(world.eventCount);
    expect(events).toHaveLength(world.eventCount + duplicateCount);
    expect(duplicateCount).toBeGreaterThan(10);
    expect(disorderedCount).toBeGreaterThan(100);
  });

  it('lies in its days, with people and names', () => {
    const { events } = arrivals(world);
    for (const { timestamp } of events) {
      const atMs = Date.parse(String(timestamp));
      expect(atMs).toBeLessThan(world.untilMs);
      expect(atMs).toBeGreaterThanOrEqual(world.untilMs - 3 * 86_400_000);
    }
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBeGreaterThan(30);
    expect(new Set(events.map(({ event, type }) => event ?? type))).toEqual(
      new Set(['page', 'identify', 'Sign Up', 'Add to Cart', 'Purchase']),
    );
  });
});

describe('simulate', () => {
  let server: FakeServer;
  beforeAll(async () => {
    server = await FakeServer.start();
  });
  afterAll(() => server.stop());
  const run = (...argv: string[]) =>
    runCli(['simulate', '--seed', '7', '--events', '500', '--json', '--url', server.url, ...argv], {
      env: { TIDEMARK_WRITE_KEY: 'w' },
    });

  it('sends events and copies, and counts what was acknowledged', async () => {
    const { code, out } = await run();
    const summary = JSON.parse(out);
    expect(code).toBe(0);
    expect(summary).toMatchObject({
      events: 500,
      accepted: 500,
      duplicate: summary.copies,
      acked: 500 + summary.copies,
    });
    expect(server.events.size).toBe(500);
  });

  it('changes nothing when it is repeated', async () => {
    const summary = JSON.parse((await run()).out);
    expect(summary.accepted).toBe(0);
    expect(server.events.size).toBe(500);
  });

  it('keeps to the rate', async () => {
    const { seconds } = JSON.parse((await run('--events', '60', '--rate', '200')).out);
    expect(seconds).toBeGreaterThanOrEqual(0.2);
  });
});
