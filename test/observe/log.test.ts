import { describe, expect, it } from 'vitest';
import { KEY_SCOPES } from '../../src/core/tenant/tenant.ts';
import { logError, logWarn } from '../../src/observe/log.ts';
import { expectLog, expectNoLog, takeLog } from '../support/expect-log.ts';

type Line = Readonly<Record<string, unknown>> & {
  readonly cause: {
    readonly name: string;
    readonly message: string;
    readonly stack: string;
    readonly cause?: Line['cause'];
  };
};

/** The only line that `log` wrote, with its text. */
function lineOf(log: () => void): { line: Line; text: string } {
  log();
  const lines = takeLog('a.place');
  expect(lines).toHaveLength(1);
  return { line: lines[0] as unknown as Line, text: JSON.stringify(lines[0]) };
}

describe('a line of the log', () => {
  it('tells level, place, message and fields', () => {
    const { line } = lineOf(() => logWarn('a.place', 'it rests', { uid: 'u1', count: 3 }));
    expect(line).toEqual({ level: 'warn', at: 'a.place', message: 'it rests', uid: 'u1', count: 3 });
  });

  it('tells an error with its stack and every nested cause', () => {
    const root = new RangeError('the disk is full');
    const middle = new Error('the write failed', { cause: root });
    const { line } = lineOf(() => logError('a.place', new TypeError('no flush', { cause: middle })));
    expect(line).toMatchObject({
      message: 'TypeError: no flush',
      cause: {
        name: 'TypeError',
        message: 'no flush',
        cause: {
          name: 'Error',
          message: 'the write failed',
          cause: { name: 'RangeError', message: 'the disk is full' },
        },
      },
    });
    expect(line.cause.stack).toMatch(/^ +at .*log\.test\.ts/);
    expect(line.cause.cause?.cause?.stack).toMatch(/^ +at .*log\.test\.ts/);
  });

  it('tells the errors of an AggregateError, and their causes', () => {
    const errors = [new Error('first', { cause: 'a text' }), new Error('second')];
    const { line } = lineOf(() => logError('a.place', new AggregateError(errors, 'both failed')));
    expect(line.cause).toMatchObject({
      name: 'AggregateError',
      errors: [{ message: 'first', cause: { name: 'string', message: 'a text' } }, { message: 'second' }],
    });
  });

  it.each([
    [undefined, 'undefined: undefined'],
    [null, 'object: null'],
    [7, 'number: 7'],
    [{ code: 5 }, 'object: {"code":5}'],
    [{ name: 'Remote', message: 'of another realm' }, 'Remote: of another realm'],
  ])('tells what was thrown when it is no Error: %j', (thrown, message) => {
    expect(lineOf(() => logError('a.place', thrown)).line.message).toBe(message);
  });

  it('ends at a circle of causes, and says that something is left out', () => {
    const error: Error = new Error('round');
    error.cause = error;
    const { text } = lineOf(() => logError('a.place', error));
    expect(text).toContain('"omitted":1');
    expect(text.split('"message":"round"').length - 1).toBe(8);
  });

  it('is bounded, however much is thrown', () => {
    const thrown = (depth: number): Error =>
      new AggregateError(depth === 0 ? [] : Array.from({ length: 20 }, () => thrown(depth - 1)), 'x'.repeat(100_000));
    const { text, line } = lineOf(() => logError('a.place', thrown(2), { long: 'y'.repeat(100_000) }));
    expect(text.length).toBeLessThan(60_000);
    expect(line.cause).toMatchObject({ omitted: 9 });
    expect(String(line.long)).toHaveLength(1_001);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`field${i}`, 'z'.repeat(1_000)]));
    expect(lineOf(() => logError('a.place', 'many', many)).text.length).toBeLessThan(20_000);
  });

  it('is written even when it cannot be read', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(lineOf(() => logError('a.place', 'a circle', { circle })).line).toMatchObject({
      level: 'error',
      at: 'a.place',
    });
    const hostile = Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('no message');
      },
    });
    expect(lineOf(() => logError('a.place', hostile)).line).toMatchObject({ level: 'error', at: 'a.place' });
  });
});

describe('a secret', () => {
  const key = `tm_admin_4xk2aaaaaaaaaaaa_${'q7z'.repeat(8)}aa_${'m3d'.repeat(8)}bb`;

  it.each([
    ['a key in a message', () => logError('a.place', new Error(`refused ${key}, sorry`))],
    ...KEY_SCOPES.map((scope): [string, () => void] => [
      `a key of the scope ${scope}`,
      () => logError('a.place', `${key.replace('admin', scope)} was shown`),
    ]),
    ['a key in a URL', () => logError('a.place', new Error(`GET /x?key%3D${key}`))],
    ['a mistyped key', () => logError('a.place', new Error(key.toUpperCase()))],
    ['a key in a nested cause', () => logError('a.place', new Error('x', { cause: { headers: [key] } }))],
    ['a key in a field', () => logError('a.place', 'x', { asked: { by: [key] } })],
    ['a key in a field that is an Error', () => logError('a.place', 'x', { first: new Error(key) })],
    ['a key that the bound of a text cuts', () => logError('a.place', new Error(`${'x'.repeat(960)}${key}`))],
  ])('is never written: %s', (_, log) => {
    const { text } = lineOf(log);
    expect(text.toLowerCase()).not.toContain('q7z');
    expect(text.toLowerCase()).not.toContain('m3d');
    expect(text).toContain('[redacted]');
  });

  it.each([
    'authorization: Bearer root-key-of-the-tests',
    '{"Authorization":"root-key-of-the-tests"}',
    "{ 'proxy-authorization': 'Basic root-key-of-the-tests' }",
    'bearer root-key-of-the-tests',
  ])('is never written: %s', (message) => {
    expect(lineOf(() => logError('a.place', new Error(message))).text).not.toContain('root-key');
  });

  it('is never written of a field whose name says so', () => {
    const { line } = lineOf(() =>
      logError('a.place', 'x', { headers: { authorization: 'abc' }, rootKey: 'def', uid: 'u' }),
    );
    expect(line).toMatchObject({ headers: { authorization: '[redacted]' }, rootKey: '[redacted]', uid: 'u' });
  });
});

describe('a line that a test does not expect', () => {
  it('is refused, shown and forgotten', () => {
    logError('a.place', new Error('unforeseen'));
    expect(expectNoLog).toThrow(/1 lines that the test did not expect:.*unforeseen/s);
    expect(expectNoLog).not.toThrow();
  });

  it('is one at another place, or with another member', () => {
    logWarn('a.place', 'it rests', { uid: 'u1' });
    expect(() => expectLog('another.place')).toThrow('lines logged at another.place');
    expect(() => expectLog('a.place', { uid: 'u2' })).toThrow('u2');
  });
});
