import { expect, it } from 'vitest';
import { inTurns } from '../../../src/lake/seal/in-turns.ts';

const day = (uid: string, day: number) => ({ body: { uid, day, cause: 'import' } as const });

it('handles the only day of a tenant before the second one of another, and days of a tenant in their order', () => {
  const batch = [day('many', 3), day('many', 1), day('many', 2), day('few', 9)];
  const order = inTurns(batch).map(({ body }) => `${body.uid} ${body.day}`);
  expect(order).toEqual(['many 1', 'few 9', 'many 2', 'many 3']);
});

it('handles a command before the days of its tenant', () => {
  const command = { body: { uid: 'many', days: [5], cause: 'command' } as const };
  expect(inTurns([day('many', 1), command])).toEqual([command, day('many', 1)]);
});
