// The scan of a view ends with the batch that exceeds a bound.

import { describe, expect, it } from 'vitest';
import { openLakeView } from '../../../src/query/view/lake-view.ts';
import { scanLakeView } from '../../../src/query/view/scan-view.ts';
import { record } from '../../support/events.ts';
import { World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const RANGE = { startMs: NOW_MS - 60_000, endMs: NOW_MS + 1 };

describe('a scan', () => {
  it('ends with the batch after which there is too much of something', async () => {
    const world = new World({ nowMs: NOW_MS });
    for (let block = 0; block < 5; block++) world.append(0, [record({ id: `e${block}`, atMs: NOW_MS })]);
    const asking = await world.asking();
    const view = await openLakeView(asking, { ...RANGE, columns: [] });
    let batches = 0;
    const excess = () => (batches === 2 ? 'There is too much' : null);
    const scanned = await scanLakeView(asking, view, { wanted: new Set(), excess }, () => {
      batches++;
    });
    expect(scanned).toMatchObject({ ok: false, error: { code: 'query-too-large' } });
    expect(batches).toBe(2);
  });
});
