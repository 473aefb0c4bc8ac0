/**
 * Story: what happens to the invented shop, on a time line that hangs on one instant, the anchor: growth, the rhythm of days and
 * weeks, campaigns, releases of which one breaks the payment, and an outage of the collection of events.
 *
 * Everything is a function of time, so any stretch of it can be made at any time, and is the same each time.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/limits.ts';

export interface Campaign {
  readonly name: string;
  readonly source: string;
  readonly medium: string;
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** How many times as many visits there are as without it. */
  readonly boost: number;
}

export interface Release {
  readonly version: string;
  readonly atMs: number;
}

export interface Story {
  readonly seed: string;
  /** The days around it are those in which the story happens. */
  readonly anchorMs: number;
  /** Visits of an average day at the anchor. */
  readonly visitsPerDay: number;
  readonly campaigns: readonly Campaign[];
  /** Ascending. */
  readonly releases: readonly Release[];
  /** From the release that breaks the payment until the one that mends it. */
  readonly broken: { readonly startMs: number; readonly endMs: number };
  /** Nothing reaches the collection in it but what phones keep and deliver later. */
  readonly outage: { readonly startMs: number; readonly endMs: number };
}

export interface StoryOptions {
  readonly seed: string;
  readonly anchorMs: number;
  readonly visitsPerDay: number;
}

export const BROKEN_VERSION = '2.3.0';
/** The shop grows by this in a day, until the anchor. */
const GROWTH_PER_DAY = 1.009;
/** Monday to Sunday. */
const WEEKDAYS = [1.02, 0.97, 0.95, 0.98, 0.9, 1.02, 1.22] as const;
const MONDAY = 4;

export function storyOf({ seed, anchorMs, visitsPerDay }: StoryOptions): Story {
  const today = anchorMs - (anchorMs % DAY_MS);
  const at = (day: number, hours: number) => today + day * DAY_MS + hours * HOUR_MS;
  const broken = { startMs: at(-9, 9) + 40 * MINUTE_MS, endMs: at(-8, 22) + 20 * MINUTE_MS };
  return {
    seed,
    anchorMs,
    visitsPerDay,
    campaigns: [
      {
        name: 'tea-week',
        source: 'newsletter',
        medium: 'email',
        text: 'Newsletter: tea week',
        startMs: at(-62, 8),
        endMs: at(-59, 0),
        boost: 1.5,
      },
      {
        name: 'morning-ritual',
        source: 'instagram',
        medium: 'paid-social',
        text: 'Instagram: morning ritual',
        startMs: at(-27, 6),
        endMs: at(-20, 0),
        boost: 1.4,
      },
    ],
    releases: [
      { version: '2.1.0', atMs: at(-400, 0) },
      { version: '2.2.0', atMs: at(-45, 10) },
      { version: BROKEN_VERSION, atMs: broken.startMs },
      { version: '2.3.1', atMs: broken.endMs },
    ],
    broken,
    outage: { startMs: at(-4, 17), endMs: at(-4, 19) },
  };
}

/** Visits that may be expected on the day, a number of days since 1970. */
export function visitsOfDay({ anchorMs, visitsPerDay, campaigns }: Story, day: number): number {
  const startMs = day * DAY_MS;
  const age = Math.floor(anchorMs / DAY_MS) - day;
  const boost = campaigns
    .filter((campaign) => campaign.startMs < startMs + DAY_MS && campaign.endMs > startMs)
    .reduce((product, campaign) => product * campaign.boost, 1);
  return visitsPerDay * GROWTH_PER_DAY ** -Math.max(0, age) * (WEEKDAYS[(day + 7 - MONDAY) % 7] ?? 1) * boost;
}

/** How busy the hour of the day is, from 0 to 1: few people at night, a rise at noon, most in the evening. */
export function busyness(atMs: number): number {
  const hour = (atMs % DAY_MS) / HOUR_MS;
  const bell = (centre: number, width: number) => Math.exp(-(((hour - centre) / width) ** 2));
  return Math.min(1, 0.06 + 0.42 * bell(11.5, 3) + 0.9 * bell(19, 3) + 0.25 * bell(15, 3));
}

export function versionAt({ releases }: Story, atMs: number): string {
  return releases.findLast((release) => release.atMs <= atMs)?.version ?? '2.0.0';
}

export function campaignAt({ campaigns }: Story, atMs: number): Campaign | undefined {
  return campaigns.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
}

export function isWithin(
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  atMs: number,
): boolean {
  return startMs <= atMs && atMs < endMs;
}
