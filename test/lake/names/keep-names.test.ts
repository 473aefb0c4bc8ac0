// Names of a batch over the real migrations: found with their facts, in one reading of the properties.

import { expect, it, vi } from 'vitest';
import type { JsonObject } from '../../../src/core/event/event.ts';
import { namesToKeep } from '../../../src/lake/names/keep-names.ts';
import { recordColumns } from '../../../src/lake/segment/record-columns.ts';
import { record, testHasher } from '../../support/events.ts';
import { fakeD1 } from '../../support/fake-d1.ts';

it('parses the properties of an event once, and those that differ from them in values alone not again', () => {
  const { db } = fakeD1();
  const properties: JsonObject[] = [{ plan: 'a' }, { plan: 'b' }, { plan: 'b' }, {}, { size: 1 }];
  const columns = recordColumns(
    properties.map((each, index) => record({ id: `e${index}`, properties: each })),
    testHasher,
    0,
  );
  const parse = vi.spyOn(JSON, 'parse');
  try {
    expect(namesToKeep(db, 'u', columns).statements.length).toBeGreaterThan(0);
    expect(parse).toHaveBeenCalledTimes(2);
  } finally {
    parse.mockRestore();
  }
});
