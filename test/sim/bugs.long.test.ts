// Seeded bugs that a named scenario finds: each is a bug that was made once, or one that a new rule invites.

import { describe, expect, it } from 'vitest';
import { MUTATIONS } from './product/mutations.ts';
import { detect } from './sensitivity.ts';

describe('a seeded bug', () => {
  for (const mutation of MUTATIONS.filter(({ scenario }) => scenario !== undefined)) {
    it(`is found by a scenario: ${mutation.what}`, { timeout: 60_000 }, async () => {
      const { seeds } = await detect(mutation);
      expect(seeds).toBe(0);
    });
  }
});
