/**
 * Kept answers: what an isolate knows of reports that it has answered, so that many viewers of one page cost little more than one.
 *
 * A report is worth it when its last answer took long, or when an equal one is being answered. Its version (report-version.ts) is
 * then read first, which costs one call to each shard and one to D1:
 * - the answer that is kept under the version is given,
 * - else, where an equal report of the version is being answered, its answer is waited for. It is handed over only if the
 *   version is still the same when it is there: so it has all that was acknowledged before either request,
 * - else the report is asked, and its answer kept if the version is still the same.
 * Any other report is asked at once, without a version.
 *
 * The key is the whole report as it was understood, with the tenant. Every key that may ask sees the same of its tenant; an isolate
 * has one release.
 */
import { createHash } from 'node:crypto';
import { LIMITS } from '../../core/limits.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import { SizedCache } from '../../lake/std/sized-cache.ts';
import type { ReportAnswer } from '../../wire/query.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import { type Report, runReport } from './report.ts';
import { mustAnswer } from './report-problems.ts';
import { isFromAllShards, versionNow, versionOf } from './report-version.ts';

interface Kept {
  readonly version: string;
  readonly answer: ReportAnswer;
}

/** A report that is being answered. The platform ends a call whose client has gone, and then nothing takes it away. */
interface Running {
  /** Null when the version was not read before. */
  readonly version: string | null;
  /** The answer once it is known to be that of the version; null when it is not. */
  readonly verified: Promise<ReportAnswer | null>;
  /** The time after which nobody waits for it any more. */
  readonly untilMs: number;
}

class Memory {
  /** The longest running first. */
  readonly #running = new Map<string, Running>();
  readonly #kept = new SizedCache<string, Kept>(LIMITS.keptSizeBytesMax);
  readonly #slow = new Set<string>();

  isWorthIt(key: string): boolean {
    return this.#slow.has(key) || this.#running.has(key);
  }

  runningOf(key: string): Running | undefined {
    return this.#running.get(key);
  }

  begin(key: string, running: Running): void {
    this.#running.delete(key);
    this.#running.set(key, running);
    if (this.#running.size > LIMITS.keptAnswersMax) this.#running.delete(this.#running.keys().next().value!);
  }

  end(key: string, running: Running): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }

  noteTime(key: string, elapsedMs: number): void {
    this.#slow.delete(key);
    if (elapsedMs >= LIMITS.keptFromMs) this.#slow.add(key);
    if (this.#slow.size > LIMITS.keptAnswersMax) this.#slow.delete(this.#slow.values().next().value!);
  }

  find(key: string, version: string): ReportAnswer | null {
    const kept = this.#kept.get(key);
    return kept?.version === version ? kept.answer : null;
  }

  keep(key: string, version: string, answer: ReportAnswer): void {
    const before = this.#kept.get(key);
    if (before !== undefined) this.#kept.drop(key, before);
    if (pointCount(answer) * POINT_SIZE_BYTES_MIN > KEPT_SIZE_BYTES_MAX) return;
    const sizeBytes = JSON.stringify(answer).length;
    if (sizeBytes > KEPT_SIZE_BYTES_MAX) return;
    this.#kept.set(key, { version, answer }, Math.max(sizeBytes, KEPT_SIZE_BYTES_MIN));
  }
}

const KEPT_SIZE_BYTES_MAX = LIMITS.keptSizeBytesMax / 8;
/** A small answer counts as this much, so that the number of answers is bounded too. */
const KEPT_SIZE_BYTES_MIN = LIMITS.keptSizeBytesMax / LIMITS.keptAnswersMax;
/** `{"at":"2026-01-01T00:00:00.000Z","value":1}`, with its comma. An answer of many takes long to be written down. */
const POINT_SIZE_BYTES_MIN = 46;

function pointCount(answer: ReportAnswer): number {
  const answers = 'answers' in answer ? Object.values(answer.answers) : [answer];
  return answers.reduce((sum, { series }) => sum + series.reduce((all, { points }) => all + points.length, 0), 0);
}

const memoryOf = isolateMemory((_: D1Database) => new Memory());

/** Answers the report, from what is kept where that is the answer of now. Throws what asking it would. */
export async function answerReport(asking: Asking<QueryPorts>, report: Report): Promise<ReportAnswer> {
  const memory = memoryOf(asking.ports.db);
  const { uid, timezone } = asking.tenant;
  const key = createHash('sha256')
    .update(JSON.stringify([uid, timezone, report]))
    .digest('hex');
  const version = memory.isWorthIt(key) ? await versionOf(asking, report) : null;
  if (version !== null) {
    const known = memory.find(key, version) ?? (await joined(memory.runningOf(key), version, asking.ports.now()));
    if (known !== null) return known;
  }
  return askNow(asking, report, { memory, key, version });
}

/** The answer of an equal report that is under way; null when there is none, or it does not come or does not hold. */
async function joined(running: Running | undefined, version: string, nowMs: number): Promise<ReportAnswer | null> {
  if (running?.version !== version || nowMs >= running.untilMs) return null;
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), running.untilMs - nowMs);
  const answer = await Promise.race([running.verified, promise]);
  clearTimeout(timer);
  return answer;
}

async function askNow(
  asking: Asking<QueryPorts>,
  report: Report,
  { memory, key, version }: { readonly memory: Memory; readonly key: string; readonly version: string | null },
): Promise<ReportAnswer> {
  const { promise: verified, resolve } = Promise.withResolvers<ReportAnswer | null>();
  const startedAtMs = asking.ports.now();
  const running = { version, verified, untilMs: startedAtMs + LIMITS.lakeWaitMsMax };
  // One without a version is not joined, and tells the next that equal ones come at the same time.
  if (version !== null || memory.runningOf(key) === undefined) memory.begin(key, running);
  let isKept = false;
  try {
    const answer = mustAnswer(await runReport(asking, report));
    memory.noteTime(key, asking.ports.now() - startedAtMs);
    if (version !== null && isFromAllShards(answer) && version === (await versionNow(asking, report))) {
      memory.keep(key, version, answer);
      isKept = true;
      resolve(answer);
    }
    return answer;
  } finally {
    if (!isKept) resolve(null);
    memory.end(key, running);
  }
}
