/**
 * Daily salts: the secrets of one UTC day that pseudonyms are made with. A salt is made by the first request that needs it,
 * is the same in all isolates, and is deleted when the day after its own is over: an event that was made before midnight
 * may come after it.
 *
 * An isolate keeps the salts and not a promise of them: on Workers a promise belongs to the request that made it, and never
 * settles when that request is cancelled.
 */
import { dayOf } from '../../core/std/day.ts';
import { toHex } from '../../core/std/hex.ts';
import type { RandomBytes } from '../../http/keys.ts';

const SALT_SIZE_BYTES = 32;
/** Days whose salts live: today and yesterday. */
export const SALT_DAYS = 2;

export interface DailySalts {
  /** The salts of today and yesterday, by day. Rejects when the database does not answer. */
  read(nowMs: number): Promise<ReadonlyMap<number, string>>;
}

export function dailySalts(db: D1Database, random: RandomBytes): DailySalts {
  let known: { readonly day: number; readonly salts: ReadonlyMap<number, string> } | null = null;
  return {
    async read(nowMs) {
      const day = dayOf(nowMs);
      if (known?.day !== day) known = { day, salts: await load(db, day, random) };
      return known.salts;
    },
  };
}

async function load(db: D1Database, day: number, random: RandomBytes): Promise<ReadonlyMap<number, string>> {
  const insert = db.prepare('INSERT INTO daily_salts (day, salt) VALUES (?1, ?2) ON CONFLICT (day) DO NOTHING');
  const select = db.prepare('SELECT day, salt FROM daily_salts WHERE day > ?1').bind(day - SALT_DAYS);
  const [, read] = await db.batch<{ day: number; salt: string }>([
    insert.bind(day, toHex(random(SALT_SIZE_BYTES))),
    select,
  ]);
  return new Map(read!.results.map((row) => [row.day, row.salt]));
}

/** Deletes the salts of days before yesterday. Run by the cron. */
export async function dropOldSalts(db: D1Database, nowMs: number): Promise<void> {
  await db
    .prepare('DELETE FROM daily_salts WHERE day <= ?1')
    .bind(dayOf(nowMs) - SALT_DAYS)
    .run();
}
