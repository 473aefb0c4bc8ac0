import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answered, LiveCounter } from '../../../src/dashboard/data/live-counter.ts';
import { type LiveCounts, minutesShown, type Told } from '../../../src/dashboard/data/live-counts.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:30.000Z');
const startsMs = minutesShown(NOW_MS);

/** An event that the edge receives, and a shard stores somewhat later. */
interface Happening {
  readonly receivedMs: number;
  readonly storedMs: number;
}

function message(events: readonly Happening[], atMs: number): Told {
  const seconds = new Map<number, number>();
  for (const { receivedMs } of events) {
    const second = Math.floor(receivedMs / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  const listed = events.map(({ receivedMs }) => {
    const at = new Date(receivedMs).toISOString();
    return { at, receivedAt: at };
  });
  return {
    type: 'tick',
    at: new Date(atMs).toISOString(),
    seconds: [...seconds].map(([at, accepted]) => ({ at, accepted, duplicate: 0, refused: 0 })),
    events: listed,
    omitted: 0,
  } as unknown as Told;
}

function answerOf(count: number, fromMs: number, untilMs: number): Answered {
  const events = [...startsMs.slice(0, -1).map(() => 0), count];
  return { counts: { startsMs, events, eventsTotal: count }, fromMs, untilMs };
}

const START: LiveCounts = { startsMs, events: startsMs.map(() => 0), eventsTotal: 0 };

describe('the live counter', () => {
  it('counts an event once that is stored while the first answer is made, whichever of both tells it first', () => {
    const event = { receivedMs: NOW_MS + 10, storedMs: NOW_MS + 20 };
    const answer = answerOf(1, NOW_MS, NOW_MS + 40);
    const told = message([event], NOW_MS + 100);
    const before = new LiveCounter();
    before.add(START, told, NOW_MS + 110);
    expect(before.begin(answer, NOW_MS + 120).eventsTotal).toBe(1);
    const after = new LiveCounter();
    const begun = after.begin(answer, NOW_MS + 50);
    expect(after.add(begun, told, NOW_MS + 110).eventsTotal).toBe(1);
  });

  it('counts at once what was received after the answer was made', () => {
    const counter = new LiveCounter();
    const begun = counter.begin(answerOf(5, NOW_MS, NOW_MS + 40), NOW_MS + 50);
    const told = message([{ receivedMs: NOW_MS + 41, storedMs: NOW_MS + 45 }], NOW_MS + 400);
    expect(counter.add(begun, told, NOW_MS + 410).eventsTotal).toBe(6);
  });

  it('rises to a later answer that has what neither had, and keeps what is right', () => {
    const counter = new LiveCounter();
    const begun = counter.begin(answerOf(5, NOW_MS, NOW_MS + 40), NOW_MS + 50);
    // Received before the answer was made, and stored after: it may be in the answer, and is not.
    const told = message([{ receivedMs: NOW_MS + 30, storedMs: NOW_MS + 60 }], NOW_MS + 400);
    const shown = counter.add(begun, told, NOW_MS + 410);
    expect(shown.eventsTotal).toBe(5);
    expect(counter.check(answerOf(5, NOW_MS + 50, NOW_MS + 55), shown, NOW_MS + 420)).toBeNull();
    expect(counter.check(answerOf(6, NOW_MS + 2_000, NOW_MS + 2_040), shown, NOW_MS + 3_200)?.eventsTotal).toBe(6);
  });

  it('falls to an answer from which events were removed', () => {
    const counter = new LiveCounter();
    const shown = counter.begin(answerOf(50, NOW_MS, NOW_MS + 40), NOW_MS + 50);
    expect(counter.check(answerOf(20, NOW_MS + 2_000, NOW_MS + 2_040), shown, NOW_MS + 3_200)?.eventsTotal).toBe(20);
  });

  it('is never more than the truth, and the truth once it is quiet', () => {
    const delays = fc.record({ gapMs: fc.integer({ min: 0, max: 300 }), storingMs: fc.integer({ min: 0, max: 400 }) });
    const asked = fc.record({ gapMs: fc.integer({ min: 1, max: 900 }), takesMs: fc.integer({ min: 0, max: 300 }) });
    const readAt = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(delays, { maxLength: 60 }),
        fc.array(fc.tuple(asked, readAt), { minLength: 1, maxLength: 12 }),
        (sent, questions) => {
          let clockMs = NOW_MS;
          const events = sent.map(({ gapMs, storingMs }) => {
            clockMs += gapMs;
            return { receivedMs: clockMs, storedMs: clockMs + storingMs };
          });
          const storedAt = (atMs: number) => events.filter(({ storedMs }) => storedMs <= atMs).length;
          type Step = { readonly atMs: number; readonly run: (counter: LiveCounter, shown: LiveCounts) => LiveCounts };
          const steps: Step[] = [];
          const endMs = clockMs + 1_000;
          for (let atMs = NOW_MS + 400; atMs <= endMs + 400; atMs += 400) {
            const news = events.filter(({ storedMs }) => storedMs > atMs - 400 && storedMs <= atMs);
            const told = message(news, atMs);
            if (news.length > 0) steps.push({ atMs, run: (counter, shown) => counter.add(shown, told, NOW_MS) });
          }
          let askedMs = NOW_MS - 1;
          const ask = (fromMs: number, takesMs: number, share: number) => {
            const untilMs = fromMs + takesMs;
            const answer = answerOf(storedAt(fromMs + takesMs * share), fromMs, untilMs);
            const atMs = steps.length === 0 ? untilMs : untilMs + 1;
            steps.push({
              atMs,
              run: (counter, shown) => {
                if (!counter.hasBegun) return counter.begin(answer, NOW_MS);
                return counter.check(answer, shown, NOW_MS) ?? shown;
              },
            });
          };
          for (const [{ gapMs, takesMs }, share] of questions) {
            ask(askedMs, takesMs, share);
            askedMs += gapMs + takesMs;
          }
          // The last question is asked when nothing is under way.
          ask(endMs + 1_000, 10, 0.5);
          const counter = new LiveCounter();
          let shown = START;
          for (const { atMs, run } of steps.toSorted((a, b) => a.atMs - b.atMs)) {
            shown = run(counter, shown);
            expect(shown.eventsTotal).toBeLessThanOrEqual(storedAt(atMs));
          }
          expect(shown.eventsTotal).toBe(events.length);
        },
      ),
    );
  });
});
