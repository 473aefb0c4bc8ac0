import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../../src/cli/kit/failures.ts';
import { plainDetail } from '../../../src/cli/kit/refusal.ts';

describe('a refusal by a schema', () => {
  it.each([
    ['/columns/0: Invalid option: expected one of "at"|"id"', '--columns takes at, id'],
    ['/top: Invalid input: expected number, received string', '--top takes a value of the type number, not string'],
    ['/groupBy/1: Invalid input', '--group-by has a value that does not fit'],
    ['/name: Too small: expected string to have >=1 characters', '--name is too short or too small: at least 1'],
    ['/name: Too big: expected string to have <=200 characters', '--name is too long or too big: at most 200'],
    ['Unrecognized key: "colour"', 'The request has no field colour'],
    ['/region: Invalid input: expected string, received undefined', '--region is missing'],
    [
      '/timezone: must be an IANA time zone, such as Europe/Berlin',
      '--timezone must be an IANA time zone, such as Europe/Berlin',
    ],
    ['A text of the server itself.', 'A text of the server itself.'],
  ])('%s', (told, plain) => {
    expect(plainDetail(told)).toBe(plain);
  });
});

describe('a failure of the system', () => {
  it.each([
    ['ENOENT', 'a.csv does not exist'],
    ['EISDIR', 'a.csv is a folder'],
    ['EACCES', 'a.csv may not be opened'],
    ['ENOSPC', 'the disk is full'],
    ['Z_DATA_ERROR', 'is not whole gzip data'],
    ['Z_BUF_ERROR', 'ends in the middle'],
  ])('%s has words and advice', (code, words) => {
    const failure = explainFailure(Object.assign(new Error('raw'), { code, path: 'a.csv' }));
    expect(failure?.message).toContain(words);
    expect(failure?.hint).toBeTruthy();
  });

  it('is none when it is a fault of the program', () => {
    expect(explainFailure(new TypeError('x is undefined'))).toBeUndefined();
    expect(explainFailure(Object.assign(new Error('x'), { code: 'constructor' }))).toBeUndefined();
  });
});
