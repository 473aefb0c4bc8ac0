// What the pages of journeys show is what the API answers, to the digit, read off their tables.

import { describe, expect, it } from 'vitest';
import { shareText } from '../../src/dashboard/charts/journeys/share-text.ts';
import type { JourneyAnswer, JourneyName } from '../../src/wire/journeys.ts';
import { chromiumPath } from './chromium.ts';
import { VisitedSite } from './visited-site.ts';

if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of figures are skipped.');

const RANGES = ['7d', '30d', 'today'];
const FILTERS = ['', '&f=referrer_domain~unset'];

type Cells = readonly (readonly string[])[];

interface Journey {
  readonly page: string;
  readonly call: JourneyName;
  /** The rows of the table that shows the answer. */
  readonly rows: string;
  readonly expected: (answer: never) => Cells;
}

/** A count in full, written here by itself: what the page shows is compared with it. */
const full = (count: number) => new Intl.NumberFormat('en').format(count);
const shareOf = (part: number, all: number) => shareText(all === 0 ? null : part / all);

function funnelCells({ steps }: JourneyAnswer<'funnel'>): Cells {
  return steps.map(({ people, dropped, ofFirst, ofPrevious }, i) => {
    const first = [full(people), shareText(ofFirst)];
    if (i === 0) return [...first, '', ''];
    return [...first, shareText(ofPrevious), `${full(dropped)} · ${shareText(ofPrevious && 1 - ofPrevious)}`];
  });
}

function retentionCells({ cohorts, overall }: JourneyAnswer<'retention'>): Cells {
  const shown = overall.filter(({ rate }) => rate !== null).length;
  return cohorts.map(({ size, retained }) => [
    full(size),
    ...retained.slice(0, shown).map((people) => (people === null ? 'not yet' : shareOf(people, size))),
  ]);
}

function pathCells({ nodes, links }: JourneyAnswer<'paths'>): Cells {
  const name = (index: number) => (nodes[index]!.other ? 'all others' : (nodes[index]!.value ?? '(none)'));
  return links.map(({ source, target, people }) => [name(source), name(target), full(people)]);
}

function sessionCells({ entries }: JourneyAnswer<'sessions'>): Cells {
  return entries.map(({ page, other, sessions, bounces }) => {
    return [other ? 'all others' : (page ?? '(no page)'), full(sessions), shareOf(bounces, sessions)];
  });
}

function lifecycleCells({ points }: JourneyAnswer<'lifecycle'>): Cells {
  return points.toReversed().map((point) => [point.new, point.returning, point.resurrected, point.dormant].map(full));
}

function peopleCells({ bars }: JourneyAnswer<'frequency'>): Cells {
  return bars.map(({ n, orMore, people }) => {
    return [`${n} ${n === 1 ? 'day' : 'days'}${orMore ? ' or more' : ''}`, full(people)];
  });
}

const JOURNEYS: readonly Journey[] = [
  { page: '/funnels', call: 'funnel', rows: 'table.funnel tbody tr', expected: funnelCells },
  {
    page: '/retention',
    call: 'retention',
    rows: '.retention-map tbody tr:not(.retention-all)',
    expected: retentionCells,
  },
  { page: '/paths', call: 'paths', rows: '.paths-table tbody tr', expected: pathCells },
  { page: '/sessions', call: 'sessions', rows: '.split .card:first-child .table tbody tr', expected: sessionCells },
  { page: '/lifecycle', call: 'lifecycle', rows: 'section.figures tbody tr', expected: lifecycleCells },
  { page: '/people', call: 'frequency', rows: '.split .card:last-child .table tbody tr', expected: peopleCells },
];

describe.skipIf(chromiumPath === undefined)('the figures of the journeys', () => {
  const site = new VisitedSite();

  /** The texts of the cells, without the word that marks a step or an interval. */
  const shownCells = async (rows: string) => {
    // A table of the parts has its first cell as the name of the row; what journeys draw has a bar or a date there.
    const selector = rows.includes('.table ') ? 'th, td' : 'td';
    const texts = site.page
      .locator(rows)
      .evaluateAll(
        (found, cells) =>
          found.map((row) => [...row.querySelectorAll(cells)].map(({ textContent }) => textContent ?? '')),
        selector,
      );
    return (await texts).map((row) => row.map((text) => text.replace(/^most/, '')));
  };

  // Beside a comparison a page asks about two ranges, and either may come first.
  const cases = JOURNEYS.flatMap((journey) =>
    RANGES.flatMap((range) =>
      FILTERS.map((filter) => ({ ...journey, path: `${journey.page}?r=${range}&c=none${filter}` })),
    ),
  );

  it.each(cases)('are those of the API: $call, $path', async ({ path, call, rows, expected }) => {
    const cells = expected((await site.answerOf(path, (one) => one.url().endsWith(`/v1/query/${call}`))) as never);
    expect(cells.length).toBeGreaterThan(0);
    // The last cell of a funnel is the time that the others took.
    const width = cells[0]!.length;
    await expect
      .poll(async () => (await shownCells(rows)).map((row) => row.slice(0, width)), { timeout: 10_000 })
      .toEqual(cells);
  });
});
