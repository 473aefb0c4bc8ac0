// Conditions and measures over a whole web server log, against counts made from the lines themselves. The data is not
// part of the project.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/core/limits.ts';
import { root } from '../../../src/local/paths.ts';
import { record } from '../../support/events.ts';
import { dayOf, World } from '../support/world.ts';

const file = join(root, '../shared/data/web-log/apache_logs.gz');
const DAY_START_MS = Date.UTC(2026, 10, 20);
const RANGE = { from: '2026-11-20', to: '2026-11-21' };

/** A request of the log. `bytes` is a text, as a CSV would have it: `-` for none. */
interface Hit {
  readonly target: string;
  readonly agent: string;
  readonly bytes: string;
}

const LINE = /^\S+ \S+ \S+ \[[^\]]+\] "\S+ (\S+)[^"]*" \d+ (\S+) "[^"]*" "([^"]*)"$/;

function readHits(): Hit[] {
  const lines = gunzipSync(readFileSync(file)).toString().split('\n');
  return lines.flatMap((line) => {
    const [, target, bytes, agent] = LINE.exec(line) ?? [];
    return target === undefined || bytes === undefined || !agent ? [] : [{ target, bytes, agent }];
  });
}

const lower = (text: string) => text.toLowerCase();
const CONDITIONS: readonly [condition: object, holds: (hit: Hit) => boolean][] = [
  [
    { property: 'target', op: 'startsWith', value: '/presentations/' },
    ({ target }) => target.startsWith('/presentations/'),
  ],
  [{ property: 'target', op: 'endsWith', value: '.png' }, ({ target }) => target.endsWith('.png')],
  [
    { property: 'target', op: 'endsWith', value: '.PNG', caseInsensitive: true },
    ({ target }) => /\.png$/i.test(target),
  ],
  [
    { property: 'agent', op: 'startsWith', value: 'MOZILLA', caseInsensitive: true },
    ({ agent }) => /^mozilla/i.test(agent),
  ],
  [{ property: 'agent', op: 'contains', value: 'BOT', caseInsensitive: true }, ({ agent }) => /bot/i.test(agent)],
  [{ property: 'agent', op: 'contains', value: 'bot' }, ({ agent }) => agent.includes('bot')],
  [
    { property: 'target', op: 'eq', value: '/FAVICON.ico', caseInsensitive: true },
    ({ target }) => lower(target) === '/favicon.ico',
  ],
  [
    { property: 'target', op: 'neq', value: '/favicon.ICO', caseInsensitive: true },
    ({ target }) => lower(target) !== '/favicon.ico',
  ],
];

describe.skipIf(!existsSync(file))('a web server log (skipped without ../shared/data)', () => {
  let hits: Hit[] = [];
  let world: World;
  const ask = async (body: object) => (await world.ask({ ...RANGE, ...body })).series[0]?.total ?? 0;

  beforeAll(async () => {
    hits = readHits();
    world = new World({ nowMs: DAY_START_MS + 30 * HOUR_MS });
    for (let at = 0; at < hits.length; at += 1_000) {
      const records = hits.slice(at, at + 1_000).map((hit, index) =>
        record({
          id: `${at + index}`,
          atMs: DAY_START_MS + at + index,
          event: 'hit',
          user_id: 'a',
          properties: { ...hit },
        }),
      );
      world.append(0, records);
    }
    await world.store(0);
    await world.seal(dayOf(DAY_START_MS));
  }, 60_000);

  it('is read whole', () => expect(hits.length).toBeGreaterThan(9_900));

  it.each(CONDITIONS)('counts %j as its lines do, and their distinct values', async (where, holds) => {
    const found = hits.filter(holds);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(hits.length);
    expect(await ask({ measure: 'count', where })).toBe(found.length);
    for (const property of ['target', 'agent', 'bytes'] as const) {
      const values = new Set(found.map((hit) => hit[property]));
      expect(await ask({ measure: { distinct: property }, where })).toBe(values.size);
    }
  });

  it('sums numbers sent as text, of all lines and of some', async () => {
    const sum = (some: readonly Hit[]) => some.reduce((total, { bytes }) => total + (Number(bytes) || 0), 0);
    const measure = { sum: 'bytes' };
    expect(await ask({ measure, textNumbers: true })).toBe(sum(hits));
    for (const [where, holds] of CONDITIONS)
      expect(await ask({ measure, where, textNumbers: true })).toBe(sum(hits.filter(holds)));
    const { meta } = await world.ask({ ...RANGE, measure });
    expect(meta.values).toMatchObject({ events: hits.length, numbers: 0, texts: hits.length });
  });
});
