import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { migrationsFolder } from '../../../src/local/paths.ts';

const BY_KIND = '0018_parts_by_kind.sql';

it('parts of earlier releases are kept as parts of all kinds and windows, and such a release can still store some', () => {
  const db = new DatabaseSync(':memory:');
  const files = readdirSync(migrationsFolder).sort();
  const migrate = (file: string) => db.exec(readFileSync(join(migrationsFolder, file), 'utf8'));
  for (const file of files.filter((name) => name < BY_KIND)) migrate(file);
  const insert = (seqFrom: number) =>
    db.exec(
      `INSERT INTO parts (uid, rollup_id, incarnation, seq_from, chunk, seq_to, day_min, day_max, overflowed, corrections, checksum, cells)
       VALUES ('u', 'r', 'i', ${seqFrom}, 0, ${seqFrom + 1}, 5, 7, 1, 2, 'sum', 'cells')`,
    );
  insert(0);
  migrate(BY_KIND);
  insert(1);
  const rows = db.prepare('SELECT * FROM parts WHERE start_ms_min < 0 AND start_ms_max > 9e12').all();
  const kept = { uid: 'u', rollup_id: 'r', kind: 'all', day_min: 5, day_max: 7, corrections: 2, cells: 'cells' };
  expect(rows).toMatchObject([
    { ...kept, seq_from: 0, seq_to: 1, size_bytes: 5 },
    { ...kept, seq_from: 1, seq_to: 2 },
  ]);
});
