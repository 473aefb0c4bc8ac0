// The examples over whole real files, against ground truth that another program computed. The data is not part of the
// project.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cutChunks, type RowCounts } from '../../../src/cli/import/chunks.ts';
import { loadMapping } from '../../../src/cli/import/mapping.ts';
import { readRows } from '../../../src/cli/import/rows.ts';
import { root } from '../../../src/local/paths.ts';

const dataFolder = join(root, '../shared/data');
const retail = join(dataFolder, 'online-retail/online_retail.csv.gz');
const truthFile = join(dataFolder, 'online-retail/ground-truth.json');
const log = join(dataFolder, 'web-log/apache_logs.gz');

// biome-ignore lint/suspicious/noExplicitAny: events are whatever the mapping made
async function mapFile(file: string, mapName: string, take: (event: any) => void): Promise<RowCounts> {
  const { map, format } = await loadMapping(join(root, 'examples', mapName));
  const counts: RowCounts = { read: 0, mapped: 0, skipped: 0, unreadable: 0, unreadableFirst: [] };
  const rows = readRows(file, format ?? 'csv', () => {});
  for await (const chunk of cutChunks(rows, map, { rowsMax: 10_000, idPrefix: 'p', counts })) {
    for (const text of chunk.body.toString().trimEnd().split('\n')) take(JSON.parse(text));
  }
  return counts;
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

describe.skipIf(!existsSync(retail))('online retail (skipped without ../shared/data)', () => {
  it('agrees with the ground truth in rows, names, people, days and money', { timeout: 60_000 }, async () => {
    const { all_rows: truth } = JSON.parse(readFileSync(truthFile, 'utf8'));
    const perName: Record<string, number> = {};
    const perDay: Record<string, number> = {};
    const people = new Set<string>();
    const ids = new Set<string>();
    let withoutPerson = 0;
    // Sums are in thousandths: prices have up to three decimals, and every value is a whole number of thousandths.
    let purchased = 0;
    let net = 0;
    let values = 0;
    const counts = await mapFile(retail, 'online-retail.map.ts', ({ id, event, userId, timestamp, properties }) => {
      count(perName, event);
      count(perDay, timestamp.slice(0, 10));
      ids.add(id);
      if (userId === undefined) withoutPerson++;
      else people.add(userId);
      const thousandths = Math.round(properties.value * 1_000);
      if (thousandths / 1_000 === properties.value) values++;
      net += thousandths;
      if (event === 'Purchase') purchased += thousandths;
    });
    expect(counts).toMatchObject({ read: truth.rows_total, mapped: truth.rows_total, unreadable: 0, skipped: 0 });
    expect(ids.size).toBe(truth.rows_total);
    expect(perName).toEqual(Object.fromEntries(truth.top_events));
    expect(perDay).toEqual(truth.events_per_day);
    expect(people.size).toBe(truth.distinct_users);
    expect(withoutPerson).toBe(truth.rows_without_user);
    expect(values).toBe(truth.rows_total);
    expect(Math.round(purchased / 10) / 100).toBe(truth.quantiles.line_value_purchase.sum);
    expect(net).toBe(9_747_747_934);
  });
});

describe.skipIf(!existsSync(log))('web log (skipped without ../shared/data)', () => {
  it('is 9,999 page events and one line that is cut off', { timeout: 30_000 }, async () => {
    const statuses: Record<string, number> = {};
    const paths = new Set<string>();
    const counts = await mapFile(log, 'apache-log.map.ts', ({ type, properties, context }) => {
      expect(type).toBe('page');
      count(statuses, properties.status);
      paths.add(context.page.path);
    });
    expect(counts).toMatchObject({ read: 10_000, mapped: 9_999, unreadable: 1 });
    expect(counts.unreadableFirst[0]?.row).toBe(8_899);
    expect(Object.values(statuses).reduce((sum, n) => sum + n, 0)).toBe(9_999);
    expect(paths.size).toBeGreaterThan(500);
  });
});
