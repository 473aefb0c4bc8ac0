import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { validateEvent } from '../../../src/core/event/validate.ts';
import { wireEventSchema } from '../../../src/wire/ingest.ts';

const arrival = { receivedAtMs: Date.UTC(2026, 2, 10), sentAtMs: null };

const anyField = fc.option(
  fc.oneof(
    fc.constantFrom(
      'track',
      'page',
      'Clicked',
      '2026-03-10T00:00:00Z',
      '',
      'x'.repeat(300),
      1_773_000_000_000,
      7,
      true,
    ),
    fc.constantFrom({}, { a: 1 }, [], ['x']),
  ),
  { nil: undefined },
);
const good = {
  id: 'e',
  type: 'track',
  event: 'Clicked',
  userId: 'u',
  timestamp: '2026-03-10T00:00:00Z',
  properties: { a: 1 },
};
const fields = [...Object.keys(good), 'name', 'anonymousId', 'groupId', 'previousId', 'sentAt', 'context'];
/** A good event with some fields gone wrong. */
const wire = fc
  .array(fc.tuple(fc.constantFrom(...fields), anyField), { maxLength: 3 })
  .map((changes): Record<string, unknown> => ({ ...good, ...Object.fromEntries(changes) }));

it('takes nothing that the described schema would not', () => {
  let taken = 0;
  fc.assert(
    fc.property(wire, (event) => {
      if (!validateEvent(event, arrival).ok) return;
      taken++;
      expect(wireEventSchema.safeParse(event).error?.issues ?? []).toEqual([]);
    }),
    { numRuns: 5_000, seed: 1 },
  );
  expect(taken).toBeGreaterThan(1_000);
});
