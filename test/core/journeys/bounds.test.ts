// The memory of a journey is bounded while it gathers and counts, not only checked at the end.

import { afterEach, describe, expect, it } from 'vitest';
import { active } from '../../../src/core/journeys/active.ts';
import { DurationBag } from '../../../src/core/journeys/counts/quantiles.ts';
import { frequency } from '../../../src/core/journeys/frequency.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { excessOf, type Journey } from '../../../src/core/journeys/kit/journey.ts';
import { SequenceBuilder } from '../../../src/core/journeys/kit/sequence-builder.ts';
import type { Sequences } from '../../../src/core/journeys/kit/sequences.ts';
import { lifecycle } from '../../../src/core/journeys/lifecycle.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { sessions } from '../../../src/core/journeys/sessions.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { columnsOf, must } from './support.ts';

const limits = LIMITS as { queryGroupsMax: number; journeyCellsMax: number; journeySketchesMax: number };
const { queryGroupsMax, journeyCellsMax, journeySketchesMax } = LIMITS;
afterEach(() => Object.assign(limits, { queryGroupsMax, journeyCellsMax, journeySketchesMax }));

const START_MS = Date.UTC(2024, 0, 1);
const RANGE = { from: '2024-01-01', to: '2025-01-01' };
const GROUPED = { ...RANGE, groupBy: 'country' };
const NOW_MS = Date.UTC(2025, 0, 1);

const steps = [{ event: 'Seen' }, { event: 'Bought' }];
const JOURNEYS: Readonly<Record<string, (common: object) => Journey>> = {
  funnel: (common) => funnel.make(must(funnel.parse({ ...common, steps, windowSeconds: 60 }, 'UTC'))),
  retention: (common) => retention.make(must(retention.parse({ ...common, interval: 'month' }, 'UTC', NOW_MS))),
  paths: (common) => paths.make(must(paths.parse({ ...common, startAt: { event: 'Seen' } }, 'UTC'))),
  sessions: (common) => sessions.make(must(sessions.parse(common, 'UTC'))),
  active: (common) => active.make(must(active.parse(common, 'UTC'))),
  lifecycle: (common) => lifecycle.make(must(lifecycle.parse({ ...common, interval: 'day' }, 'UTC'))),
  frequency: (common) => frequency.make(must(frequency.parse(common, 'UTC'))),
};

function gathered(journey: Journey, count: number): SequenceBuilder {
  const builder = new SequenceBuilder(journey.reader, { heldMax: Number.POSITIVE_INFINITY });
  const events = Array.from({ length: count }, (_, index) => ({
    person: index + 1,
    at: START_MS + 40 * DAY_MS + index,
    country: `c${index}`,
    path: `/${index}`,
  }));
  builder.add(columnsOf(events));
  return builder;
}

describe('texts', () => {
  it.each(Object.keys(JOURNEYS))('of the breakdown of %s are too many as soon as they are read', (name) => {
    limits.queryGroupsMax = 50;
    const journey = JOURNEYS[name]!(GROUPED);
    gathered(journey, 40);
    expect(excessOf(journey)).toBeNull();
    gathered(journey, 60);
    expect(excessOf(journey)).toContain('too many values');
  });

  it('of pages and steps are too', () => {
    limits.queryGroupsMax = 50;
    const pages = JOURNEYS.sessions!(RANGE);
    gathered(pages, 60);
    expect(excessOf(pages)).toContain('different pages');
    const steps = paths.make(must(paths.parse({ ...RANGE, startAt: { event: 'Seen' }, by: 'path' }, 'UTC')));
    gathered(steps, 60);
    expect(excessOf(steps)).toContain('different steps');
  });
});

describe('counts', () => {
  /** Sequences of people on one day, each person in a group of their own. */
  function lot(personCount: number, journey: Journey): Sequences {
    return gathered(journey, personCount).finish();
  }

  const wide: Readonly<Record<string, () => Journey>> = {
    active: () => JOURNEYS.active!(GROUPED),
    lifecycle: () => JOURNEYS.lifecycle!(GROUPED),
    retention: () =>
      retention.make(must(retention.parse({ ...GROUPED, interval: 'month', intervals: 400 }, 'UTC', NOW_MS))),
  };
  it.each(Object.keys(wide))('of %s are not made for all people of a lot before they are found too many', (name) => {
    limits.journeyCellsMax = 50_000;
    const journey = wide[name]!();
    const people = lot(10_000, journey);
    const beforeBytes = process.memoryUsage().arrayBuffers;
    journey.fold.add(people);
    // The counts of all people would take more than 32 MB.
    expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(8e6);
    expect(excessOf(journey)).toContain('too many values');
  });

  it.each(['funnel', 'frequency', 'sessions', 'paths'])('of %s are bounded', (name) => {
    limits.journeyCellsMax = 500;
    const journey = JOURNEYS[name]!(GROUPED);
    journey.fold.add(lot(20, journey));
    expect(excessOf(journey)).toBeNull();
    journey.fold.add(lot(1_000, journey));
    expect(excessOf(journey)).toContain('too many');
  });

  it('of times in sketches are', () => {
    limits.journeySketchesMax = 10;
    const bag = new DurationBag(100);
    for (let slot = 0; slot < 100; slot++) bag.add(slot, 1);
    expect(bag.isFull).toBe(false);
    bag.add(0, 1);
    expect(bag.isFull).toBe(true);
  });
});
