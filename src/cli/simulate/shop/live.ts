/**
 * Live visits of the invented shop: those that begin in one minute of the present, each event with the time at which it reaches
 * the server. A newsletter has just gone out, so there is a rush, which ebbs away.
 */
import { DAY_MS, MINUTE_MS } from '../../../core/limits.ts';
import { newRandom } from '../random.ts';
import { drawReturning, personOf } from './people.ts';
import type { Story } from './story.ts';
import { type ShopEvent, visitEvents } from './visit.ts';

export interface LiveEvent extends ShopEvent {
  readonly arriveAtMs: number;
}

export interface Rush {
  readonly startMs: number;
  /** Events a second at its start, and once it has ebbed away. */
  readonly peakRate: number;
  readonly calmRate: number;
}

const FLASH_SALE = { name: 'flash-sale', source: 'newsletter', medium: 'email' };
const RUSH_SHARE = 0.6;
const EBB_MS = 25 * MINUTE_MS;
const EVENTS_PER_VISIT = 4.4;
/** People of the present hurry, so that a watcher sees whole visits. */
const CLICK_MS = 9_000;
const NETWORK_MEAN_MS = 300;
/** Phones that were out of reach deliver later. */
const LATE_SHARE = 0.2;
const LATE_MEAN_MS = 6 * MINUTE_MS;
/** Numbers of people who come first today, beyond those of the day's history. */
const NEW_FROM = 1_000_000;

export function liveVisits(story: Story, { startMs, peakRate, calmRate }: Rush, minute: number): LiveEvent[] {
  const random = newRandom(`${story.seed}/live/${minute}`);
  const minuteMs = minute * MINUTE_MS;
  const day = Math.floor(minuteMs / DAY_MS);
  const ebb = 2 ** (-Math.max(0, minuteMs - startMs) / EBB_MS);
  const rate = calmRate + (peakRate - calmRate) * ebb;
  const visitCount = Math.max(1, Math.round(((rate * 60) / EVENTS_PER_VISIT) * (0.8 + 0.4 * random.next())));
  const found: LiveEvent[] = [];
  for (let visit = 0; visit < visitCount; visit++) {
    const isFirst = random.next() < 0.5;
    const index = NEW_FROM + (minute % 1_440) * 1_000 + visit;
    const person = personOf(story, isFirst ? { day, index } : drawReturning(random, story, day));
    const isOfRush = random.next() < RUSH_SHARE * ebb;
    const plan = {
      id: `l${minute.toString(36)}-${visit.toString(36)}`,
      person,
      isFirst,
      startMs: minuteMs + Math.floor(random.next() * MINUTE_MS),
      clickMs: CLICK_MS,
      ...(isOfRush && { campaign: FLASH_SALE }),
    };
    const isLate = person.hasApp && random.next() < LATE_SHARE;
    const delayMs = random.exponential(isLate ? LATE_MEAN_MS : NETWORK_MEAN_MS);
    for (const { atMs, event } of visitEvents(random, story, plan))
      found.push({ atMs, event, arriveAtMs: atMs + delayMs });
  }
  return found;
}
