import { describe, expect, it } from 'vitest';
import { requestIdOf } from '../../src/observe/request-id.ts';

describe('the id of a request', () => {
  it('is the one that the edge gave it', () => {
    expect(requestIdOf(new Headers({ 'cf-ray': '8f2c1a7e5d3b4a60-AMS' }))).toBe('8f2c1a7e5d3b4a60-AMS');
  });

  it.each(['', 'a"b c', 'x'.repeat(65)])('is drawn when the edge gave %j', (ray) => {
    const drawn = requestIdOf(new Headers({ 'cf-ray': ray }));
    expect(drawn).toMatch(/^[0-9a-f-]{36}$/);
    expect(requestIdOf(new Headers())).not.toBe(drawn);
  });
});
