// The harness sees what it is made for: without the handling of a limit, a load exceeds that limit.

import { expect, it } from 'vitest';
import { senseAll } from './sensitivity.ts';

it('the product exceeds a limit when the handling of that limit is taken away', async () => {
  const missed = (await senseAll()).filter(({ mutation, exceeded }) => !exceeded.includes(mutation.limit));
  expect(missed.map(({ mutation }) => mutation.name)).toEqual([]);
});
