// The kinds of journeys: each is complete, so routes, scanners and wire types need the list alone.

import { describe, expect, it } from 'vitest';
import { funnelPeople } from '../../../src/core/journeys/funnel/funnel-people.ts';
import { JOURNEYS, journeyOf } from '../../../src/core/journeys/kinds.ts';
import { excessOf } from '../../../src/core/journeys/kit/journey.ts';
import { commonFields } from '../../../src/core/journeys/kit/request.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { columnsOf, ISO, must, run } from './support.ts';

const START_MS = Date.UTC(2024, 2, 20);
const RANGE = { from: ISO(START_MS), to: ISO(START_MS + 3 * DAY_MS), timezone: 'UTC' };
const NOW_MS = START_MS + 100 * DAY_MS;
/** The fields that each journey requires beside the range. */
const REQUIRED: Readonly<Record<string, object>> = {
  funnel: { steps: [{ event: 'A' }, { event: 'B' }], windowSeconds: 60 },
  retention: { interval: 'day' },
  paths: { startAt: { event: 'A' } },
  lifecycle: { interval: 'day' },
};
const events = columnsOf([
  { person: 1, at: START_MS, event: 'A', country: 'DE', path: '/' },
  { person: 1, at: START_MS + 1_000, event: 'B', country: 'FR', path: '/b' },
  { person: 2, at: START_MS + DAY_MS, event: 'A', country: null },
]);

describe('the list of journeys', () => {
  it('names each once, and each in a way that a path can have', () => {
    const names = JOURNEYS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('refuses a scanner a journey that it does not have', () => {
    const [kind] = JOURNEYS;
    const question = must(kind!.parse({ ...RANGE, ...REQUIRED[kind!.name] }, 'UTC', NOW_MS));
    expect(() => journeyOf({ kind: 'unheard-of', question })).toThrow('unheard-of');
  });
});

describe.each(JOURNEYS.map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  const body = { ...RANGE, ...REQUIRED[name], groupBy: 'country' };

  it('has texts that end as a summary and a description do', () => {
    expect(kind.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(kind.description).toMatch(/^[A-Z].*\.$/);
  });

  it('has a code for each of its own fields, and for no other', () => {
    const own = Object.keys(kind.question.shape).filter((field) => !(field in commonFields));
    expect(Object.keys(kind.codes).sort()).toEqual(own.sort());
  });

  it('refuses a field with its code, and unknown ones', () => {
    for (const [field, code] of Object.entries({ ...kind.codes, top: 'top-invalid' })) {
      const refused = kind.parse({ ...body, [field]: Symbol.iterator }, 'UTC', NOW_MS);
      expect(refused).toMatchObject({ ok: false, error: { code, path: expect.stringContaining(`/${field}`) } });
    }
    expect(kind.parse({ ...body, wehre: 1 }, 'UTC', NOW_MS)).toMatchObject({ error: { code: 'field-unknown' } });
  });

  it('makes questions that travel as plain data, and answers that fit their schema', () => {
    const question = must(kind.parse(body, 'UTC', NOW_MS));
    expect(structuredClone(question)).toEqual(question);
    const journey = journeyOf({ kind: name, question: structuredClone(question) });
    const answer = run(journey, [events]);
    expect(excessOf(journey)).toBeNull();
    expect(kind.answer.strict().parse(answer)).toEqual(answer);
    expect(answer).toHaveProperty('groups');
  });
});

it('the people of a funnel have a code for each field of the question too', () => {
  const own = Object.keys(funnelPeople.question.shape).filter((field) => !(field in commonFields));
  expect(Object.keys(funnelPeople.codes).sort()).toEqual(own.sort());
});
