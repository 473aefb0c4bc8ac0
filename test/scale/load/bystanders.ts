// Bystanders: tenants without traffic, whose rows fill the tables that the cron and the control plane read: their records,
// keys, and a month of sealed days.

import { DAY_MS } from '../../../src/core/limits.ts';
import type { World } from '../../sim/world/world.ts';

const SEALED_DAYS = 30;

export function fillControl(world: World, count: number): void {
  if (count === 0) return;
  const { database, nowMs } = world;
  const numbers = JSON.stringify(Array.from({ length: count }, (_, i) => `b${i}`));
  const days = JSON.stringify(Array.from({ length: SEALED_DAYS }, (_, i) => Math.floor(nowMs / DAY_MS) - 1 - i));
  const fill = (sql: string, ...values: (string | number)[]) => database.select(sql, values);
  fill(
    `INSERT INTO tenants (uid, id, name, regions, timezone, hash_key, shard_count, created_at_ms)
     SELECT value, value, 'Shop', '["weur"]', 'UTC', '0123456789abcdef0123456789abcdef', 1, ?2 FROM json_each(?1)`,
    numbers,
    nowMs,
  );
  fill(
    `INSERT INTO keys (hash, uid, scope, hint, created_at_ms)
     SELECT t.value || s.value, t.value, s.value, 'hint', ?2 FROM json_each(?1) t, json_each('["write","read","admin"]') s`,
    numbers,
    nowMs,
  );
  fill(
    `INSERT INTO segments (uid, path, source, incarnation, seq_from, seq_to, day, revision, row_count, size_bytes, at_min_ms,
       at_max_ms, content_hash, footer)
     SELECT t.value, 'lake/v1/' || t.value || '/date=' || d.value || '/0.parquet', 'seal', '', 0, 0, d.value, 1, 4000, 160000,
       d.value * ?3, d.value * ?3, printf('%064d', 0), printf('%06000d', 0) FROM json_each(?1) t, json_each(?2) d`,
    numbers,
    days,
    DAY_MS,
  );
  fill(
    `INSERT INTO sealed_days (uid, day, revision, covered_seq, vector, rollup_ids, events, people, drift, sealed_at_ms)
     SELECT t.value, d.value, 1, 1, '{}', '[]', 4000, 100, '{"live":4000,"rest":0}', ?3 FROM json_each(?1) t, json_each(?2) d`,
    numbers,
    days,
    nowMs,
  );
}
