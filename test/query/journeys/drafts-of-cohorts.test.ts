// Cohorts of a figure hold the people of the figure, as the API counts them.

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import { parseWho } from '../../../src/core/cohorts/cohort.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import { record } from '../../support/events.ts';
import { journeyClient } from '../support/journey-client.ts';
import { UID, World } from '../support/world.ts';

// The modules of the page read its URL when they are loaded.
vi.stubGlobal('location', { pathname: '/', search: '' });
vi.stubGlobal('addEventListener', () => {});
// The project of this test does not compile pages, so their modules are loaded by paths that the compiler does not follow.
const dashboard = '../../../src/dashboard/journeys';
const { retentionDraft, funnelDraft } = await import(`${dashboard}/cohort-draft.ts`);
const { matcherBody, parseStep } = await import(`${dashboard}/step.ts`);

const NOW_MS = Date.UTC(2026, 2, 10, 12);
const RANGE = { from: '2026-03-06', to: '2026-03-11' };
const PEOPLE = 16;
const PAGE = { filters: [], whoOf: () => undefined };

async function filled() {
  const world = new World({ nowMs: NOW_MS, shardCount: 1 });
  const events = Array.from({ length: PEOPLE }, (_, i) =>
    [6, 4, 3, 2, 1, 0].flatMap((daysAgo) => {
      if ((daysAgo + i) % ((i % 4) + 1) !== 0) return [];
      const atMs = NOW_MS - daysAgo * DAY_MS - HOUR_MS;
      const ids = { anonymous_id: `a${i}`, country: i % 2 === 0 ? 'DE' : 'FR' };
      return ['Looked', 'Bought']
        .slice(0, 1 + ((i + daysAgo) % 2))
        .map((event, step) => record({ id: `${i} ${daysAgo} ${step}`, atMs: atMs + step * 1_000, event, ...ids }));
    }),
  ).flat();
  world.append(0, events);
  return world;
}

const dayAfter = (start: string, days: number) => new Date(Date.parse(start) + days * DAY_MS).toISOString();

describe('the cohort of a cell of retention', () => {
  let world: World;
  let ask: ReturnType<typeof journeyClient>;
  let count = 0;
  beforeAll(async () => {
    world = await filled();
    ask = journeyClient(world.ports, world.tenant);
  });

  /** The people of a definition who were active in the range. */
  async function peopleOf(who: unknown): Promise<number> {
    const parsed = parseWho(who);
    expect(parsed).toMatchObject({ ok: true });
    const id = `c${count++}`;
    await createCohort(world.db, UID, { id, name: id, who, timezone: 'UTC', createdAtMs: 0 });
    const { status, body } = await ask('frequency', { from: '2026-01-01', to: '2026-03-12', where: { cohort: id } });
    expect(status, JSON.stringify(body)).toBe(200);
    return body.people;
  }

  it.each([
    { start: undefined, back: undefined },
    { start: 'Looked', back: 'Bought' },
  ])('has the people of the cell, $start then $back', async ({ start, back }) => {
    const matchers = { ...(start && { start: { event: start } }), ...(back && { return: { event: back } }) };
    const { body } = await ask('retention', { ...RANGE, interval: 'day', intervals: 3, ...matchers });
    let checked = 0;
    for (const { start: began, retained, size } of body.cohorts) {
      for (const n of [1, 2, 3]) {
        if (retained[n] === null) continue;
        const figure = {
          start: start === undefined ? null : { event: start, filters: [] },
          back: back === undefined ? null : { event: back, filters: [] },
          cohort: { from: began, to: dayAfter(began, 1) },
          returned: { from: dayAfter(began, n), to: dayAfter(began, n + 1) },
          history: { from: body.historyFrom, to: began },
          name: 'cell',
        };
        expect(await peopleOf(retentionDraft({ ...figure, outcome: 'returned' }, PAGE).who)).toBe(retained[n]);
        expect(await peopleOf(retentionDraft({ ...figure, outcome: 'gone' }, PAGE).who)).toBe(size - retained[n]);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(4);
  });

  it('of a drop in a funnel, has those who did the steps before and not the step', async () => {
    const steps = [parseStep('Looked'), parseStep('Bought|country~is~DE')];
    const draft = funnelDraft(
      { steps, windowSeconds: 3_600, span: RANGE, step: 2, outcome: 'dropped' },
      { filters: [{ property: 'plan', op: 'cohort', values: ['x'] }], whoOf: () => ({ days: 30 }) },
    );
    expect(draft).toMatchObject({ name: 'Left before Bought', isExact: false });
    const { body } = await ask('funnel', {
      ...RANGE,
      steps: steps.map(matcherBody),
      windowSeconds: 10 * 86_400,
      order: 'any',
    });
    expect(await peopleOf(draft.who)).toBe(body.steps[1].dropped);
  });

  it('keeps the filters of the page', () => {
    const page = { filters: [{ property: 'country', op: 'is' as const, values: ['DE'] }], whoOf: () => undefined };
    const span = { from: '2026-03-06', to: '2026-03-07' };
    const figure = {
      start: null,
      back: null,
      cohort: span,
      returned: span,
      history: null,
      outcome: 'gone' as const,
      name: 'x',
    };
    const { who } = retentionDraft(figure, page);
    expect(JSON.stringify(who).match(/"country"/g)).toHaveLength(2);
  });
});
