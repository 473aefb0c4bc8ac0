/**
 * Root refusals: the trail of calls that showed a wrong key where the root key is needed.
 *
 * Guesses may come by the thousand a second, so an isolate writes one entry a minute at most; the next one counts those that
 * came between. An entry that cannot be written is logged: the call is refused in any case.
 */
import { MINUTE_MS } from '../../core/limits.ts';
import { KEY_ID_LENGTH } from '../../core/tenant/tenant.ts';
import type { RootRefusals } from '../../http/authenticate.ts';
import { logError } from '../../observe/log.ts';
import { insertEntry } from './audit-store.ts';

export class RootRefusalTrail implements RootRefusals {
  readonly #db: D1Database;
  readonly #now: () => number;
  #unwritten = 0;
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  constructor(db: D1Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async note(shown: Parameters<RootRefusals['note']>[0]): Promise<void> {
    this.#unwritten++;
    const atMs = this.#now();
    if (atMs - this.#writtenAtMs < MINUTE_MS) return;
    const count = this.#unwritten;
    this.#unwritten = 0;
    this.#writtenAtMs = atMs;
    const actor = shown === null ? 'unknown' : shown.hash.slice(0, KEY_ID_LENGTH);
    const entry = { atMs, uid: shown?.uid ?? null, actor, action: 'root-refused', subject: null, count } as const;
    try {
      await this.#db.batch(insertEntry(this.#db, entry));
    } catch (cause) {
      logError('audit.root-refused', cause);
    }
  }
}
