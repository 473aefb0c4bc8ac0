// Paths that begin at a funnel: of exactly the people whom the funnel counts, from the moment on at which they got there.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { HOUR_MS } from '../../../src/core/limits.ts';
import { columnsOf, ISO, must, run, type TestEvent } from './support.ts';

const START_MS = Date.UTC(2024, 2, 20);
const DAY_HOURS = 24;
const range = { from: ISO(START_MS), to: ISO(START_MS + 2 * DAY_HOURS * HOUR_MS), timezone: 'UTC' };
const steps = ['A', 'B', 'C'].map((event) => ({ event }));

function at(person: number, hour: number, event: string, more: Partial<TestEvent> = {}): TestEvent {
  return { person, at: START_MS + hour * HOUR_MS, event, ...more };
}

function pathsOf(events: readonly TestEvent[], afterFunnel: object, more: object = {}) {
  const body = { ...range, afterFunnel: { steps, windowSeconds: 86_400, ...afterFunnel }, ...more };
  return run(paths.make(must(paths.parse(body, 'UTC'))), [columnsOf(events)]);
}

/** The values of each step with their people. */
function valuesOf({ nodes }: ReturnType<typeof pathsOf>): Record<number, Record<string, number>> {
  const byStep: Record<number, Record<string, number>> = {};
  for (const { step, value, people } of nodes) byStep[step] = { ...byStep[step], [value ?? '(none)']: people };
  return byStep;
}

const events: TestEvent[] = [
  // Drops before C: what counts is what comes after B.
  ...[at(1, 0, 'B'), at(1, 1, 'A'), at(1, 2, 'Help'), at(1, 3, 'B'), at(1, 4, 'Help'), at(1, 5, 'Leave')],
  // Gets through.
  ...[at(2, 1, 'A'), at(2, 2, 'B'), at(2, 3, 'C'), at(2, 4, 'Leave')],
  // Drops before B.
  ...[at(3, 1, 'A'), at(3, 2, 'Search'), at(3, 3, 'A'), at(3, 4, 'Leave')],
  // Drops before C; the second B is a step of the path.
  ...[at(4, 1, 'A'), at(4, 2, 'B'), at(4, 3, 'B'), at(4, 4, 'A')],
  // Does C, but too late.
  ...[at(5, 1, 'A'), at(5, 2, 'B'), at(5, 40, 'C')],
];

describe('paths after a funnel', () => {
  it('are of those who dropped at the step, from the moment on at which they got to the step before', () => {
    const answer = pathsOf(events, { step: 3 });
    expect(answer.people).toBe(3);
    expect(valuesOf(answer)).toMatchObject({
      0: { B: 3 },
      1: { Help: 1, B: 1, C: 1 },
      2: { Leave: 1, A: 1 },
    });
  });

  it('begin at the first moment of the step, for those who dropped at an earlier one', () => {
    expect(valuesOf(pathsOf(events, { step: 2 }))).toEqual({
      0: { A: 1 },
      1: { Search: 1 },
      2: { A: 1 },
      3: { Leave: 1 },
    });
  });

  it('are of those who reached the step, if asked for', () => {
    const answer = pathsOf(events, { step: 2, outcome: 'reached' }, { steps: 1 });
    expect(valuesOf(answer)).toEqual({ 0: { B: 4 }, 1: { Help: 1, C: 2, B: 1 } });
  });

  it('show no event that is no activity, though a step of the funnel may be one', () => {
    const mixed = [
      at(1, 1, '', { type: 'identify' }),
      at(1, 2, 'Help'),
      at(1, 3, '', { type: 'identify' }),
      at(1, 4, 'Leave'),
    ];
    const funnelSteps = [{ where: { property: 'type', op: 'eq', value: 'identify' } }, { event: 'Never' }];
    const answer = pathsOf(mixed, { steps: funnelSteps, step: 2 });
    expect(valuesOf(answer)).toEqual({ 0: { '(none)': 1 }, 1: { Help: 1 }, 2: { Leave: 1 } });
  });

  it('are broken down by the event at which they begin', () => {
    const own = [at(1, 1, 'A'), at(1, 2, 'B', { country: 'DE' }), at(2, 1, 'A'), at(2, 2, 'B', { country: 'FR' })];
    const { groups } = pathsOf(own, { step: 3 }, { groupBy: 'country' }) as unknown as {
      groups: { key: string; people: number }[];
    };
    expect(groups.map(({ people }) => people)).toEqual([1, 1]);
  });

  it('are of as many people as the funnel says, whatever its rules', () => {
    const rules = fc.record({
      order: fc.constantFrom('in-order', 'any'),
      ties: fc.constantFrom('strict', 'non-strict'),
      anchor: fc.constantFrom('best', 'first'),
      windowSeconds: fc.constantFrom(3_600, 7_200, 86_400),
      same: fc.constantFrom(undefined, 'country'),
      isExcluding: fc.boolean(),
    });
    const sent = fc.array(
      fc.record({
        person: fc.integer({ min: 1, max: 5 }),
        at: fc.nat(47).map((hour) => START_MS + hour * HOUR_MS),
        event: fc.constantFrom('A', 'B', 'C', 'D'),
        country: fc.constantFrom(null, 'DE', 'FR'),
      }),
      { maxLength: 50 },
    );
    const property = fc.property(sent, rules, fc.integer({ min: 30, max: 130 }), (all, chosen, heldMax) => {
      const { isExcluding, same, ...own } = chosen;
      const exclusions = isExcluding && own.order === 'in-order' ? [{ event: 'D', from: 1, to: 2 }] : [];
      const definition = { steps, ...own, ...(same && { same }), exclusions };
      const counted = run(funnel.make(must(funnel.parse({ ...range, ...definition }, 'UTC'))), [columnsOf(all)]);
      for (const step of [1, 2, 3]) {
        for (const outcome of step === 1 ? ['reached'] : ['reached', 'dropped']) {
          const body = { ...range, afterFunnel: { ...definition, step, outcome }, nodes: 50 };
          const make = () => paths.make(must(paths.parse(body, 'UTC')));
          const answer = run(make(), [columnsOf(all.slice(0, 20)), columnsOf(all.slice(20))]);
          const told = counted.steps[step - 1]!;
          expect(answer.people).toBe(outcome === 'dropped' ? told.dropped : told.people);
          expect(run(make(), [columnsOf(all.toReversed())], heldMax)).toEqual(answer);
          const begins = answer.nodes.filter((node) => node.step === 0);
          const last = outcome === 'dropped' ? step - 1 : step;
          if (own.order === 'in-order')
            expect(begins.every(({ value }) => value === steps[last - 1]!.event)).toBe(true);
        }
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  it.each([
    [{ startAt: { event: 'A' }, afterFunnel: { steps, windowSeconds: 60, step: 2 } }, 'matcher-invalid', '/startAt'],
    [{ afterFunnel: { steps, windowSeconds: 60, step: 1 } }, 'steps-invalid', '/afterFunnel/step'],
    [{ afterFunnel: { steps, windowSeconds: 60, step: 4 } }, 'steps-invalid', '/afterFunnel/step'],
    [{ afterFunnel: { steps, windowSeconds: 60, step: 2 }, events: ['A'] }, 'events-invalid', '/events'],
    [
      { afterFunnel: { steps, windowSeconds: 60, step: 2, exclusions: [{ event: 'D', from: 2, to: 2 }] } },
      'steps-invalid',
      '/afterFunnel/exclusions/0',
    ],
  ])('refuse %j', (more, code, path) => {
    expect(paths.parse({ ...range, ...more }, 'UTC')).toMatchObject({ ok: false, error: { code, path } });
  });
});
