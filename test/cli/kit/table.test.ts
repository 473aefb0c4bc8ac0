import { describe, expect, it } from 'vitest';
import { formatNumber, renderTable } from '../../../src/cli/kit/table.ts';

describe('a table', () => {
  it('puts numbers to the right and texts to the left', () => {
    expect(
      renderTable(
        ['name', 'n'],
        [
          ['a', 1],
          ['bcd', 1000],
        ],
      ),
    ).toEqual(['name      n', '----  -----', 'a         1', 'bcd   1,000']);
  });

  it('shows what is missing', () => {
    expect(renderTable(['name', 'n'], [[null, undefined]])).toEqual(['name  n', '----  -', '   –  –']);
  });

  it('lets no text steer the terminal', () => {
    expect(renderTable(['a'], [['\u001b]0;x\u0007\u009bJ\n']])[2]).toBe('\ufffd]0;x\ufffd\ufffdJ\ufffd');
  });

  it('is its header when there is nothing', () => {
    expect(renderTable(['a'], [])).toEqual(['a', '-']);
  });

  it('keeps millionths', () => {
    expect(formatNumber(9747747.934)).toBe('9,747,747.934');
    expect(formatNumber(0.1 + 0.2)).toBe('0.3');
  });
});
