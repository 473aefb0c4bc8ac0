/**
 * Kept folds: what an isolate knows of stored files that no seal covers: the partial folds of questions that were asked about them.
 * Files never change, so what is kept of one holds as long as it is in the manifest.
 *
 * A question that is asked again and again, with another range each time, folds only files that came since. Nothing is kept when it
 * is asked first, which may be the last time: to fold hundreds of small files one by one takes longer than to scan them. Partial folds
 * of many groups are not kept: a day of a busy tenant has a thousand files.
 */
import { createHash } from 'node:crypto';
import { LIMITS } from '../../core/limits.ts';
import type { PartialFold, PartialTally } from '../../core/query/fold/partial-fold.ts';
import type { Query } from '../../core/query/question/request.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import { SizedCache } from '../../lake/std/sized-cache.ts';

/** A part for each question of a set. */
export type KeptPart = readonly PartialFold[];

type State = 'asked' | 'kept' | 'large';

/** Memory of a kept part beside what it holds. */
const ENTRY_SIZE_BYTES = 400;

export class KeptFolds {
  readonly #parts = new SizedCache<string, KeptPart>(LIMITS.keptFoldsSizeBytesMax);
  /** Questions that were asked, of which a part was kept, or was too large; the latest last. */
  readonly #questions = new Map<string, State>();

  /** What was seen of the question's parts; undefined for a question that was not asked lately. */
  stateOf(question: string): State | undefined {
    return this.#questions.get(question);
  }

  /** Notes a question whose parts will be worth keeping when it is asked again. */
  noteAsked(question: string): void {
    this.#note(question, 'asked');
  }

  part(key: string): KeptPart | undefined {
    return this.#parts.get(key);
  }

  /** Keeps a part of a file, unless it is large. */
  keep(question: string, key: string, part: KeptPart): void {
    const sizeBytes = part.reduce((sum, each) => sum + sizeBytesOf(each), ENTRY_SIZE_BYTES);
    const isLarge = sizeBytes > LIMITS.keptFoldSizeBytesMax;
    this.#note(question, isLarge ? 'large' : 'kept');
    if (!isLarge) this.#parts.set(key, part, sizeBytes);
  }

  #note(question: string, state: State): void {
    const known = this.#questions.get(question);
    this.#questions.delete(question);
    this.#questions.set(question, known === 'large' ? known : state);
    if (this.#questions.size > LIMITS.keptAnswersMax) this.#questions.delete(this.#questions.keys().next().value!);
  }
}

export const keptFoldsOf = isolateMemory((_: D1Database) => new KeptFolds());

/** The key of a tenant's questions, whatever their range. */
export function questionKey(uid: string, queries: readonly Query[]): string {
  const asked = queries.map(({ startMs: _, endMs: __, bucketStarts: ___, cutBuckets: ____, ...rest }) => rest);
  return createHash('sha256')
    .update(JSON.stringify([uid, asked]))
    .digest('hex');
}

function sizeBytesOf({ keys, groups, buckets, tally }: PartialFold): number {
  const texts = keys.reduce((sum, key) => sum + key.reduce((all, text) => all + 2 * (text?.length ?? 0) + 16, 48), 0);
  return texts + groups.byteLength + buckets.byteLength + tallySizeBytes(tally);
}

function tallySizeBytes(tally: PartialTally): number {
  switch (tally.kind) {
    case 'count':
      return tally.counts.byteLength;
    case 'people':
      return tally.triples.byteLength;
    case 'numbers':
      return tally.bytes.byteLength;
  }
}
