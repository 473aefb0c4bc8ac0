import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { migrationsFolder } from '../../../src/local/paths.ts';

const VERSIONS = '0016_import_versions.sql';

it('imports of earlier releases are version 1: finished ones count, one that goes on is open', () => {
  const db = new DatabaseSync(':memory:');
  const migrate = (file: string) => db.exec(readFileSync(join(migrationsFolder, file), 'utf8'));
  for (const file of readdirSync(migrationsFolder).sort()) if (file < VERSIONS) migrate(file);
  const chunk = (id: string, number: number, verdict: string, days: object, storedAtMs: number) =>
    db
      .prepare("INSERT INTO imports VALUES ('u', ?, ?, 'hash', ?, ?, ?)")
      .run(id, number, JSON.stringify(days), verdict, storedAtMs);
  chunk('old-2', 0, '{"accepted":2}', { 5: 1, 6: 1 }, 1_000);
  chunk('old-2', 11, '{"accepted":3}', { 6: 3 }, 2_000);
  chunk('goes-on', 0, '{"accepted":1}', { 7: 1 }, Date.now());
  chunk('goes-on', 1, '', {}, Date.now());
  for (const [incarnation, source] of [
    ['import-old-2-0', 'import'],
    ['import-old-2-11', 'import'],
    ['import-goes-on-0', 'import'],
    ['abc-7', 'flush'],
  ]) {
    db.prepare(
      `INSERT INTO segments (uid, path, source, incarnation, seq_from, seq_to, row_count, size_bytes, at_min_ms, at_max_ms, content_hash)
       VALUES ('u', ?, ?, ?, 0, 1, 1, 1, 0, 0, 'h')`,
    ).run(incarnation!, source!, incarnation!);
  }
  db.exec(
    `INSERT INTO links (uid, kind, from_hash, to_hash, at_ms, source) VALUES ('u', 'device', 'a', 'b', 1, 'import-old-2-0')`,
  );
  for (const file of readdirSync(migrationsFolder).sort()) if (file >= VERSIONS) migrate(file);

  const all = (sql: string) => db.prepare(sql).all();
  expect(all('SELECT import_id, version, state, received_at_ms, chunk_count FROM import_versions')).toMatchObject([
    { import_id: 'goes-on', version: 1, state: 'open', chunk_count: null },
    { import_id: 'old-2', version: 1, state: 'finished', received_at_ms: 1_000, chunk_count: 2 },
  ]);
  expect(all("SELECT day, row_count FROM import_days WHERE import_id = 'old-2'")).toMatchObject([
    { day: 5, row_count: 1 },
    { day: 6, row_count: 4 },
  ]);
  expect(all('SELECT incarnation, import_id, import_version FROM segments ORDER BY incarnation')).toMatchObject([
    { incarnation: 'abc-7', import_id: null, import_version: null },
    { incarnation: 'import-goes-on-0', import_id: 'goes-on', import_version: 1 },
    { incarnation: 'import-old-2-0', import_id: 'old-2', import_version: 1 },
    { incarnation: 'import-old-2-11', import_id: 'old-2', import_version: 1 },
  ]);
  expect(all('SELECT chunk, verdict FROM import_chunks ORDER BY import_id, chunk')).toHaveLength(4);
  expect(all('SELECT undone FROM links')).toEqual([expect.objectContaining({ undone: 0 })]);
});
