// Week: the bill of a week for one tenant, all in: the events and their seals, late events and the seals that they cause, questions,
// logs, CPU time, and the storage of the week's events until they expire.
//
// Events, seals, a seal made anew and questions are measured in the simulator on one day of traffic, and scaled to a week by
// the number of events. The other figures are worked out from what is stored.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { Product } from '../../sim/product/product-loader.ts';
import { ask, type Question } from '../../sim/questions.ts';
import { planCron } from '../../sim/rest.ts';
import { Ledger } from '../../sim/sent.ts';
import {
  DOLLARS_PER_GB_MONTH,
  DOLLARS_PER_MILLION_CPU_MS,
  DOLLARS_PER_MILLION_LOG_LINES,
  dollarsOf,
  noUnits,
  type Units,
  unitNames,
} from './prices.ts';
import {
  afterTraffic,
  d1BytesOf,
  MIDNIGHT_MS,
  mustBeSealed,
  SEALED_BY_MS,
  type Sealed,
  type Traffic,
  UID,
} from './traffic.ts';

export interface Week {
  readonly events: number;
  /** Dollars by their cause. */
  readonly dollars: Readonly<Record<(typeof CAUSES)[number], number>>;
}

export const CAUSES = ['events and seals', 'seals of late events', 'questions', 'logs', 'CPU time', 'storage'] as const;

const WEEK_DAYS = 7;
const LATE_SHARE = 0.01;
/**
 * Seals of one day beyond the first: late events come for days, and seals are spaced by how much came. The bound that the
 * platform's form of the tests keeps is three times the work of one seal.
 */
const SEALS_MORE = 2;
const QUESTIONS_PER_DAY = 1_000;
const QUESTIONS_MEASURED = 12;
/** Retention of the lake: two years and a month, so that a year can be compared with the one before. */
const STORED_MONTHS = 25;
/** CPU of a request and of each of its events: reading, steps, encoding (measured on one core of the bench). */
const REQUEST_CPU_MS = 0.3;
const EVENT_CPU_MS = 0.02;
/** CPU of the sink, the seal and the questions for each event: as much again as the edge. */
const LATER_CPU_MS = 0.02;
/** Lines of the log: none for a healthy request (wrangler.toml); one fault in ten thousand requests is allowed for. */
const LINES_PER_REQUEST = 0.0001;
const GB = 1e9;

export function billWeek(product: Product, traffic: Traffic): Promise<Week> {
  return afterTraffic(product, traffic, (sealed) => weekOf(sealed, traffic));
}

async function weekOf(sealed: Sealed, traffic: Traffic): Promise<Week> {
  const { meter, bill } = sealed;
  const events = (traffic.eventsPerSecond * (WEEK_DAYS * DAY_MS)) / 1_000;
  const requests = events / traffic.eventsPerRequest;
  const scale = events / bill.events;
  const stored = bytesOf(sealed);
  const before = { ...meter.units };
  await sendLate(sealed, traffic);
  const late = difference(meter.units, before);
  const beforeQuestions = { ...meter.units };
  for (let i = 0; i < QUESTIONS_MEASURED; i++) await askNow(sealed, QUESTIONS[i % QUESTIONS.length]!);
  const perQuestion = dollarsOf(difference(meter.units, beforeQuestions)) / QUESTIONS_MEASURED;
  const cpuMs = requests * REQUEST_CPU_MS + events * (EVENT_CPU_MS + LATER_CPU_MS);
  return {
    events,
    dollars: {
      'events and seals': dollarsOf(bill.units) * scale,
      'seals of late events': dollarsOf(late) * scale * SEALS_MORE,
      questions: perQuestion * QUESTIONS_PER_DAY * WEEK_DAYS,
      logs: (requests * LINES_PER_REQUEST * DOLLARS_PER_MILLION_LOG_LINES) / 1e6,
      'CPU time': (cpuMs * DOLLARS_PER_MILLION_CPU_MS) / 1e6,
      storage:
        (scale * STORED_MONTHS * (stored.r2 * DOLLARS_PER_GB_MONTH.r2 + stored.d1 * DOLLARS_PER_GB_MONTH.d1)) / GB,
    },
  };
}

const TENANT = { uid: UID, regions: ['weur'], ledger: new Ledger(UID) };
const DAY = { startMs: MIDNIGHT_MS - DAY_MS, endMs: MIDNIGHT_MS };
const QUESTIONS: readonly Question[] = [
  { ...DAY, measure: 'count', groupBy: ['event'], interval: 'hour' },
  { ...DAY, measure: 'users', interval: 'day' },
  { ...DAY, measure: 'count', groupBy: ['event'] },
];

/** Asks, and lets the world go on until the answer is there. */
async function askNow({ world }: Sealed, question: Question): Promise<void> {
  let isAnswered = false;
  void ask(world, TENANT, question).then(
    () => {
      isAnswered = true;
    },
    (cause: unknown) => world.violate('cost', String(cause)),
  );
  await world.scheduler.runUntil(world.nowMs + MINUTE_MS);
  if (world.violations.length > 0) throw world.violations[0];
  if (!isAnswered) throw new Error('A question was not answered within a minute.');
}

/** A day to which few late events come is sealed again when its age has grown eightfold. */
const SEALED_AGAIN_MS = SEALED_BY_MS + 7 * (SEALED_BY_MS - MIDNIGHT_MS);

/** Sends the late events, and runs the cron when the day is due until it holds them. */
async function sendLate({ world, sender }: Sealed, { events, eventsPerRequest }: Traffic): Promise<void> {
  const startMs = SEALED_BY_MS + MINUTE_MS;
  const requests = Math.max(1, Math.round((events * LATE_SHARE) / eventsPerRequest));
  for (let i = 0; i < requests; i++) sender.planRequest(startMs + i * 100, startMs + i * 100 - MIDNIGHT_MS + HOUR_MS);
  const endMs = SEALED_AGAIN_MS + HOUR_MS;
  // The cron of the hours between is no cost of the late events.
  planCron(world, SEALED_AGAIN_MS, endMs, 5 * MINUTE_MS);
  await world.scheduler.runUntil(endMs);
  if (world.violations.length > 0) throw world.violations[0];
  mustBeSealed(world, sender.events);
}

/** The bytes of a sealed day in R2 and in D1. */
function bytesOf({ world, emptyD1Bytes }: Sealed): { readonly r2: number; readonly d1: number } {
  return { r2: world.bucket.sizeBytes, d1: d1BytesOf(world) - emptyD1Bytes };
}

function difference(after: Units, before: Units): Units {
  const units = noUnits();
  for (const name of unitNames) units[name] = after[name] - before[name];
  return units;
}
