/**
 * History of the invented shop: all events of a stretch of time, day by day.
 */
import { DAY_MS } from '../../../core/limits.ts';
import { newRandom, type Random } from '../random.ts';
import { drawReturning, NEW_SHARE, personOf } from './people.ts';
import { busyness, isWithin, type Story, visitsOfDay } from './story.ts';
import { type ShopEvent, visitEvents } from './visit.ts';

const CLICK_MS = 35_000;

export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** The events of visits that begin in the stretch, in the order of their times within a day. None is later than its end. */
export function* historyOf(story: Story, { startMs, endMs }: Stretch): Generator<ShopEvent> {
  for (let day = Math.floor(startMs / DAY_MS); day * DAY_MS < endMs; day++) {
    const events: ShopEvent[] = [];
    for (const visit of visitsOn(story, day)) {
      if (visit.startMs < startMs || visit.startMs >= endMs) continue;
      for (const event of visit.events()) if (event.atMs < endMs) events.push(event);
    }
    yield* events.sort((a, b) => a.atMs - b.atMs);
  }
}

/** The events of the outage that the app kept, and delivers after it; they are not in the history. */
export function* lateDeliveries(story: Story): Generator<ShopEvent> {
  for (const visit of visitsOn(story, Math.floor(story.outage.startMs / DAY_MS), true)) yield* visit.events();
}

interface HistoricVisit {
  readonly startMs: number;
  readonly events: () => Iterable<ShopEvent>;
}

/** The visits of a day: without the events of an outage, or only those that the app kept of it. */
function* visitsOn(story: Story, day: number, isLate = false): Generator<HistoricVisit> {
  const random = newRandom(`${story.seed}/day/${day}`);
  const count = Math.round(visitsOfDay(story, day) * (0.94 + 0.12 * random.next()));
  const newCount = Math.round(count * NEW_SHARE);
  for (let visit = 0; visit < count; visit++) {
    const isFirst = visit < newCount;
    const name = isFirst ? { day, index: visit } : drawReturning(random, story, day);
    const startMs = day * DAY_MS + drawStart(random);
    const events = () => {
      const person = personOf(story, name);
      const plan = { id: `h${day.toString(36)}-${visit.toString(36)}`, person, isFirst, startMs, clickMs: CLICK_MS };
      const all = visitEvents(newRandom(`${story.seed}/visit/${day}/${visit}`), story, plan);
      return delivered(all, (atMs) => isWithin(story.outage, atMs) === isLate && (!isLate || person.hasApp));
    };
    yield { startMs, events };
  }
}

function* delivered(events: Iterable<ShopEvent>, isDelivered: (atMs: number) => boolean): Generator<ShopEvent> {
  for (const event of events) if (isDelivered(event.atMs)) yield event;
}

/** Draws the time of the day at which a visit begins. */
function drawStart(random: Random): number {
  for (;;) {
    const startMs = Math.floor(random.next() * DAY_MS);
    if (random.next() < busyness(startMs)) return startMs;
  }
}
