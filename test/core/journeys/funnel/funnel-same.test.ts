// A funnel whose steps share the value of a property, against following each value of each person by itself.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { funnel } from '../../../../src/core/journeys/funnel/funnel.ts';
import { HOUR_MS } from '../../../../src/core/limits.ts';
import { byPerson } from '../oracle.ts';
import { columnsOf, must, run, type TestEvent } from '../support.ts';

const START_MS = Date.UTC(2026, 10, 22);
const BODY = {
  from: '2026-11-22',
  to: '2026-11-23',
  windowSeconds: 4 * 3_600,
  same: 'sku',
  steps: [{ event: 'View' }, { event: 'Cart' }, { event: 'Buy' }],
};
const at = (hour: number) => START_MS + hour * HOUR_MS;
const did = (event: string, hour: number, sku?: unknown): TestEvent => ({
  person: 1,
  at: at(hour),
  event,
  ...(sku !== undefined && { properties: { sku } }),
});
const ask = (events: readonly TestEvent[], more: object = {}, heldMax = Number.POSITIVE_INFINITY) =>
  run(funnel.make(must(funnel.parse({ ...BODY, ...more }, 'UTC'))), [columnsOf(events)], heldMax);
const people = (events: readonly TestEvent[], more: object = {}) => ask(events, more).steps.map((step) => step.people);

describe('a funnel with a property held constant', () => {
  it('takes only steps that share its value', () => {
    const mixed = [did('View', 0, 'a'), did('Cart', 1, 'b'), did('Buy', 2, 'a')];
    expect(people(mixed)).toEqual([1, 0, 0]);
    expect(people(mixed, { same: undefined })).toEqual([1, 1, 1]);
    expect(people([...mixed, did('Cart', 1, 'a')])).toEqual([1, 1, 1]);
  });

  it('takes an event without the property for no step', () => {
    expect(people([did('View', 0), did('Cart', 1), did('Buy', 2)])).toEqual([0, 0, 0]);
    expect(people([did('View', 0, 'a'), did('Cart', 1), did('Buy', 2, 'a')])).toEqual([1, 0, 0]);
  });

  it('takes values for the same that a breakdown shows as the same', () => {
    expect(people([did('View', 0, 7), did('Cart', 1, '7'), did('Buy', 2, 7)])).toEqual([1, 1, 1]);
  });

  it('is broken by an excluded event of its value, or of none, and not by one of another', () => {
    const exclusions = [{ event: 'Out', from: 1, to: 2 }];
    const bought = [did('View', 0, 'a'), did('Cart', 2, 'a'), did('Buy', 3, 'a')];
    expect(people([...bought, did('Out', 1, 'b')], { exclusions })).toEqual([1, 1, 1]);
    expect(people([...bought, did('Out', 1, 'a')], { exclusions })).toEqual([1, 0, 0]);
    expect(people([...bought, did('Out', 1)], { exclusions })).toEqual([1, 0, 0]);
  });

  it('takes the group of the value that gets furthest', () => {
    const events = [
      { ...did('View', 0, 'a'), country: 'AT' },
      { ...did('View', 0, 'b'), country: 'DE' },
      { ...did('Cart', 1, 'b'), country: 'FR' },
    ];
    expect(ask(events, { groupBy: 'country' }).groups).toMatchObject([{ key: { country: 'DE' } }]);
  });

  it('is what following each value of each person gives, in any lots and in either order', () => {
    const events = fc.array(
      fc.record({
        person: fc.integer({ min: 1, max: 3 }),
        at: fc.nat(12).map(at),
        event: fc.constantFrom('View', 'Cart', 'Buy'),
        properties: fc.constantFrom({ sku: 'a' }, { sku: 'b' }, { sku: 3 }, {}),
      }),
      { maxLength: 24 },
    );
    const options = fc.record({
      order: fc.constantFrom('in-order', 'any'),
      ties: fc.constantFrom('strict', 'non-strict'),
      anchor: fc.constantFrom('best', 'first'),
    });
    const property = fc.property(events, options, (all, more) => {
      const skuOf = ({ properties }: TestEvent) => (properties as { sku?: unknown }).sku;
      const reached = byPerson(all).map((own) => {
        const values = [...new Set(own.map(skuOf))].filter((value) => value !== undefined);
        const byValue = values.map((value) => {
          const ofValue = own.filter((event) => skuOf(event) === value);
          return people(ofValue, { ...more, same: undefined }).filter((count) => count > 0).length;
        });
        return Math.max(0, ...byValue);
      });
      const expected = [1, 2, 3].map((step) => reached.filter((last) => last >= step).length);
      expect(people(all, more)).toEqual(expected);
      expect(ask(all.toReversed(), more, 30).steps.map((step) => step.people)).toEqual(expected);
    });
    fc.assert(property, { numRuns: 150 });
  });
});
