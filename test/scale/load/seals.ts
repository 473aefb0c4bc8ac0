// Seals: when each day was sealed first, and the work of its first seal beside that of the later ones, in bytes read from
// and written to the lake.

import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import type { SealMessage } from '../../../src/core/shard/rpc.ts';
import type { World } from '../../sim/world/world.ts';
import type { Invocation } from '../platform/invocation.ts';
import type { Platform } from '../platform/platform.ts';

export interface SealFigures {
  /** Hours from the due time of a day to its first seal, of the latest day; of a day without a seal, to the end of the run. */
  readonly hoursLate: number;
  readonly daysUnsealed: number;
  /** The work of all seals of a day after its first, over that of the first; of all days together. */
  readonly againPerFirst: number;
  readonly firstBytes: number;
  readonly revisions: number;
  readonly invocations: number;
}

interface Scope {
  readonly uids: readonly string[];
  readonly days: readonly number[];
  readonly sealAfterMs: number;
  readonly nowMs: number;
}

interface DayWork {
  firstSealedAtMs: number | null;
  revision: number;
  first: number;
  again: number;
}

export class Seals {
  readonly #world: World;
  readonly #days = new Map<string, DayWork>();
  #invocations = 0;

  constructor(world: World, platform: Platform) {
    this.#world = world;
    platform.onEnded = (invocation) => this.#onEnded(invocation);
  }

  #onEnded({ operation, messages, bytes }: Invocation): void {
    if (operation !== 'consume tidemark-seal') return;
    this.#invocations++;
    const work = (bytes.r2 + bytes.r2Written) / messages.length;
    for (const message of messages as readonly SealMessage[]) {
      const { uid, day } = message;
      const known = this.#dayOf(uid, day);
      if (known.firstSealedAtMs === null) known.first += work;
      else known.again += work;
    }
    for (const { uid, day } of messages as readonly SealMessage[]) this.#lookAt(uid, day);
  }

  #lookAt(uid: string, day: number): void {
    const known = this.#dayOf(uid, day);
    const [row] = this.#world.database.select(
      'SELECT revision, sealed_at_ms AS sealedAtMs FROM sealed_days WHERE uid = ? AND day = ?',
      [uid, day],
    ) as { revision: number; sealedAtMs: number }[];
    if (row === undefined) return;
    known.firstSealedAtMs ??= row.sealedAtMs;
    known.revision = row.revision;
  }

  #dayOf(uid: string, day: number): DayWork {
    const key = `${uid}/${day}`;
    const known = this.#days.get(key) ?? { firstSealedAtMs: null, revision: 0, first: 0, again: 0 };
    this.#days.set(key, known);
    return known;
  }

  figures({ uids, days, sealAfterMs, nowMs }: Scope): SealFigures {
    let latestMs = 0;
    let daysUnsealed = 0;
    const sums = { first: 0, again: 0, revisions: 0 };
    for (const uid of uids) {
      for (const day of days) {
        const { firstSealedAtMs, first, again, revision } = this.#dayOf(uid, day);
        const dueMs = (day + 1) * DAY_MS + sealAfterMs;
        if (firstSealedAtMs === null) daysUnsealed++;
        latestMs = Math.max(latestMs, (firstSealedAtMs ?? nowMs) - dueMs);
        sums.first += first;
        sums.again += again;
        sums.revisions += revision;
      }
    }
    return {
      hoursLate: latestMs / HOUR_MS,
      daysUnsealed,
      againPerFirst: sums.first === 0 ? 0 : sums.again / sums.first,
      firstBytes: sums.first,
      revisions: sums.revisions,
      invocations: this.#invocations,
    };
  }
}
