// Watch: rules that are checked at every reply of a shard, and at the end for the manifest. The watermark never goes
// back (G3), `storedSeq` never decreases (A4), and flushes tile the log (A1).

import type { FlushRef } from '../../src/core/shard/rpc.ts';
import { select } from './oracle.ts';
import type { SimObject } from './world/objects.ts';
import type { World } from './world/world.ts';

interface ShardProgress {
  readonly incarnation: string;
  readonly storedSeq: number;
  readonly watermarkMs?: number | null;
  readonly headSeq?: number;
}

interface Greatest {
  storedSeq: number;
  watermarkMs: number;
}

export class Watch {
  readonly #world: World;
  readonly #known = new Map<string, Greatest>();
  /** The end and the checksum of each flush that was shown to a sink. */
  readonly #flushes = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
    world.onReply = (object, method, result) => this.#onReply(object, method, result);
  }

  #onReply(object: SimObject, method: string, result: unknown): void {
    if (method === 'live' || method === 'readTail' || method === 'cut')
      this.#onProgress(object, method, result as ShardProgress);
    if (method === 'readFlush') this.#onFlush(result as { status: string; flush?: FlushRef; checksum?: string });
    if (method === 'append') this.#world.reach(`append-${(result as { status: string }).status}`);
  }

  #onProgress(object: SimObject, method: string, progress: ShardProgress): void {
    if (progress.incarnation === undefined) return;
    const { incarnation, storedSeq, watermarkMs = null } = progress;
    const known = this.#known.get(incarnation);
    const watermark = watermarkMs ?? Number.NEGATIVE_INFINITY;
    if (known === undefined) {
      this.#known.set(incarnation, { storedSeq, watermarkMs: watermark });
      return;
    }
    if (storedSeq < known.storedSeq) {
      this.#world.violate(
        'A4',
        `${object.name} ${method}: storedSeq went back from ${known.storedSeq} to ${storedSeq}`,
      );
    }
    if (method !== 'cut' && watermark < known.watermarkMs) {
      this.#world.violate('G3', `${object.name}: the watermark went back from ${known.watermarkMs} to ${watermark}`);
    }
    known.storedSeq = Math.max(known.storedSeq, storedSeq);
    known.watermarkMs = Math.max(known.watermarkMs, watermark);
  }

  #onFlush({ flush, checksum }: { flush?: FlushRef; checksum?: string }): void {
    if (flush === undefined) return;
    const key = `${flush.incarnation}/${flush.seqFrom}`;
    const identity = `${flush.seqTo} ${checksum}`;
    const before = this.#flushes.get(key);
    if (before !== undefined && before !== identity) {
      this.#world.violate('A1', `flush ${key} was shown as ${before} before, and as ${identity} now`);
    }
    this.#flushes.set(key, identity);
  }

  /** Checks that the flushes of each incarnation tile its log. */
  checkEnd(): void {
    const rows = select<{ uid: string; incarnation: string; seq_from: number; seq_to: number }>(
      this.#world,
      `SELECT uid, incarnation, seq_from, seq_to FROM flushes
       UNION ALL SELECT uid, incarnation, 0, seq_to FROM flush_heads ORDER BY incarnation, seq_from`,
    );
    const ends = new Map<string, number>();
    for (const { uid, incarnation, seq_from, seq_to } of rows) {
      const end = ends.get(incarnation) ?? 0;
      if (seq_from !== end) {
        this.#world.violate('A1', `${uid}: the flush after ${end} of ${incarnation} begins at ${seq_from}`);
      }
      ends.set(incarnation, seq_to);
    }
  }
}
