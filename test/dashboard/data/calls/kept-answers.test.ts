import { describe, expect, it } from 'vitest';
import { KeptAnswers } from '../../../../src/dashboard/data/calls/kept-answers.ts';

const NOW_MS = 1e12;

describe('a kept answer', () => {
  it('is shown whatever its age, and is as good as a new one for some seconds', () => {
    const kept = new KeptAnswers(3);
    kept.keep('q', 'answer', 7, NOW_MS);
    expect(kept.fresh('q', 7, NOW_MS + 4_999)).toBe('answer');
    expect(kept.fresh('q', 7, NOW_MS + 5_000)).toBeUndefined();
    // The clock of the machine was set back.
    expect(kept.fresh('q', 7, NOW_MS - 1)).toBeUndefined();
    expect(kept.find('q')).toBe('answer');
  });

  it('is no new one once something has changed, nor where nothing tells of changes', () => {
    const kept = new KeptAnswers(3);
    kept.keep('told', 'answer', 7, NOW_MS);
    kept.keep('untold', 'answer', undefined, NOW_MS);
    expect(kept.fresh('told', 8, NOW_MS)).toBeUndefined();
    expect(kept.fresh('told', undefined, NOW_MS)).toBeUndefined();
    expect(kept.fresh('untold', undefined, NOW_MS)).toBeUndefined();
    expect(kept.fresh('other', 7, NOW_MS)).toBeUndefined();
  });

  it('gives way to later ones, and to all changes of the user', () => {
    const kept = new KeptAnswers(2);
    for (const id of ['a', 'b', 'a', 'c']) kept.keep(id, id, 1, NOW_MS);
    expect(['a', 'b', 'c'].map((id) => kept.find(id))).toEqual(['a', undefined, 'c']);
    kept.clear();
    expect(kept.find('a')).toBeUndefined();
  });
});
