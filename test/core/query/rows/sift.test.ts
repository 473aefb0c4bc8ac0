import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../../src/core/event/condition.ts';
import { commonCondition, siftRows } from '../../../../src/core/query/rows/sift.ts';

const IS_PAGE: Condition = { property: 'type', op: 'eq', value: 'page' };
const IN_FRANCE: Condition = { property: 'country', op: 'eq', value: 'FR' };
const IS_DOCS: Condition = { property: 'path', op: 'eq', value: '/docs' };

describe('the common condition', () => {
  it('is that of all questions, however deep it stands among others', () => {
    expect(commonCondition([IN_FRANCE, { and: [IS_PAGE, { and: [IN_FRANCE, IS_DOCS] }] }])).toEqual({
      and: [IN_FRANCE],
    });
    expect(commonCondition([{ and: [IS_PAGE, IN_FRANCE] }, { and: [IN_FRANCE, IS_PAGE] }])).toEqual({
      and: [IS_PAGE, IN_FRANCE],
    });
  });

  it('is null where a question has none, or none is the same', () => {
    expect(commonCondition([])).toBeNull();
    expect(commonCondition([IN_FRANCE, null])).toBeNull();
    expect(commonCondition([IN_FRANCE, IS_PAGE])).toBeNull();
    expect(commonCondition([IN_FRANCE, { or: [IN_FRANCE, IS_PAGE] }, { not: IN_FRANCE }])).toBeNull();
  });
});

describe('sifting', () => {
  it('keeps the rows that pass, in their order', () => {
    expect([...siftRows((row) => row % 2 === 1, Uint32Array.of(1, 2, 5, 7, 8))]).toEqual([1, 5, 7]);
  });
});
