/**
 * Live counter: the counts of an answer, to which the messages of the stream add what was received after it.
 *
 * - The answer has every event that was stored before it was read, and none that was received after: a told event counts when its
 *   receipt is later. So no event counts twice, and the counter is never more than the truth.
 * - Between both instants an event may be in neither. A later answer that knows more takes the place of the one before.
 */
import type { LiveCounts, Told } from './live-counts.ts';
import { rolledTo, withTold } from './live-counts.ts';

/** What a question answered, and when its events were read: it has what was stored before, and nothing received after. */
export interface Answered {
  readonly counts: LiveCounts;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The time for which messages are kept: an answer of before them may come as late. */
const KEPT_MS = 20_000;

export class LiveCounter {
  /** The latest messages since the stream began, the oldest first. */
  #told: readonly Told[] = [];
  /** The receipt up to which the answer has events; null before the first answer. */
  #untilMs: number | null = null;

  /** Whether the counts begin with an answer. */
  get hasBegun(): boolean {
    return this.#untilMs !== null;
  }

  /** Forgets the answer: messages may have been missed. */
  interrupt(): void {
    this.#untilMs = null;
  }

  /** Forgets the messages of a stream that began anew. */
  forget(): void {
    this.#told = [];
  }

  /** The counts that are shown, with those of a message. */
  add(shown: LiveCounts, message: Told, nowMs: number): LiveCounts {
    const sinceMs = Date.parse(message.at) - KEPT_MS;
    this.#told = [...this.#told.filter(({ at }) => Date.parse(at) > sinceMs), message];
    return this.#untilMs === null ? shown : withTold(rolledTo(shown, nowMs), message, this.#untilMs);
  }

  /** Begins with an answer. Returns its counts with what was told of later receipts. */
  begin(answered: Answered, nowMs: number): LiveCounts {
    this.#untilMs = answered.untilMs;
    return basedOn(answered, this.#told, nowMs);
  }

  /**
   * Checks the counts that are shown by an answer, once the stream has told what the answer may have. Returns better ones; null
   * when there are none.
   *
   * Both have only events that there are, so more is nearer to the truth. More than the answer and all that it may lack is too
   * much: events were removed.
   */
  check(answered: Answered, shown: LiveCounts, nowMs: number): LiveCounts | null {
    const { eventsTotal } = rolledTo(shown, nowMs);
    const after = this.#told.filter(({ at }) => Date.parse(at) > answered.fromMs);
    const most = basedOn({ ...answered, untilMs: Number.NEGATIVE_INFINITY }, after, nowMs).eventsTotal;
    const isBetter = basedOn(answered, this.#told, nowMs).eventsTotal > eventsTotal || eventsTotal > most;
    return isBetter ? this.begin(answered, nowMs) : null;
  }
}

function basedOn({ counts, untilMs }: Answered, told: readonly Told[], nowMs: number): LiveCounts {
  return told.reduce((sum, message) => withTold(sum, message, untilMs), rolledTo(counts, nowMs));
}
