import { describe, expect, it, vi } from 'vitest';

// The modules of the page read its URL when they are loaded.
vi.stubGlobal('location', { pathname: '/', search: '' });
vi.stubGlobal('addEventListener', () => {});
// Another file may have loaded them with other globals.
vi.resetModules();
const { ANY_EVENT, formatStep, matcherBody, parseStep, stepWords } = await import(
  '../../../src/dashboard/journeys/step.ts'
);

describe('a step', () => {
  it('is the same after its URL', () => {
    const step = { event: 'a|b\\c', filters: [{ property: 'x|y', op: 'is' as const, values: ['1|2', '~', ''] }] };
    expect(parseStep(formatStep(step))).toEqual(step);
    expect(parseStep(formatStep(ANY_EVENT))).toEqual(ANY_EVENT);
  });

  it('has words that tell it from the same event under other conditions', () => {
    expect(stepWords(ANY_EVENT)).toBe('any event');
    expect(stepWords(parseStep('Bought|country~is~DE~FR'))).toBe('Bought (country DE/FR)');
  });

  it('that fits every event says so by a condition, which a matcher needs', () => {
    expect(matcherBody(ANY_EVENT)).toEqual({ where: { property: 'column.event', op: 'exists' } });
  });
});
