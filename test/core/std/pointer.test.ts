import { expect, it } from 'vitest';
import { jsonPointer } from '../../../src/core/std/pointer.ts';

it('a JSON pointer escapes what RFC 6901 says', () => {
  expect(jsonPointer([])).toBe('');
  expect(jsonPointer(['a~b', 0, 'c/d'])).toBe('/a~0b/0/c~1d');
});
