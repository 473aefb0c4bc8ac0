import { describe, expect, it } from 'vitest';
import { parseContext } from '../../../src/core/event/event-json.ts';
import type { EventRejectionCode } from '../../../src/core/event/rejection.ts';
import { type Arrival, type ValidEvent, validateEvent } from '../../../src/core/event/validate.ts';
import { EMPTY_VARIABLES, JUNK_IDS, LIMITS } from '../../../src/core/limits.ts';

const receivedAtMs = Date.UTC(2026, 2, 10, 12);
const arrival: Arrival = { receivedAtMs, sentAtMs: null };

function valid(wire: unknown, by: Partial<Arrival> = {}): ValidEvent {
  const result = validateEvent(wire, { ...arrival, ...by });
  if (!result.ok) throw new Error(`${result.error.code} at ${result.error.path}`);
  return result.value;
}

function rejection(wire: unknown): [code: EventRejectionCode, path: string] {
  const result = validateEvent(wire, arrival);
  if (result.ok) throw new Error('was taken');
  expect(result.error.message).toMatch(/\.$/);
  return [result.error.code, result.error.path];
}

/** The value as it comes off the wire, with own `__proto__` keys and lost digits. */
const parse = (json: string): unknown => JSON.parse(json);

const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
const keyed = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

describe('a valid event', () => {
  it('needs a name only', () => {
    expect(valid({ event: 'Clicked' })).toEqual({
      atMs: receivedAtMs,
      routingAtMs: receivedAtMs,
      clamped: false,
      id: null,
      type: 'track',
      event: 'Clicked',
      name: null,
      userId: null,
      anonymousId: null,
      groupId: null,
      properties: {},
      propertiesText: null,
      context: { value: {}, text: null, hadAddress: false },
      notes: [],
    });
  });

  it("that is a browser's alias of another id is noted, because it links nothing", () => {
    const alias = { type: 'alias', userId: 'alice', previousId: 'bob' };
    const note = { code: 'alias-untrusted', path: '/previousId' };
    expect(valid(alias, { sender: 'browser' }).notes).toEqual([note]);
    expect(valid({ ...alias, anonymousId: 'a' }, { sender: 'browser' }).notes).toEqual([note]);
    expect(valid({ ...alias, anonymousId: 'bob' }, { sender: 'browser' }).notes).toEqual([]);
    expect(valid({ ...alias, previousId: undefined }, { sender: 'browser' }).notes).toEqual([]);
    expect(valid(alias, { sender: 'server' }).notes).toEqual([]);
  });

  it('keeps what it says', () => {
    const event = valid({
      id: 'e1',
      event: 'Bought',
      userId: 'u1',
      anonymousId: 'a1',
      groupId: 'g1',
      timestamp: '2026-03-10T11:00:00Z',
      properties: { price: 1.5, tags: ['x', null, true], nested: { deep: 'ü' } },
      context: { locale: 'de' },
    });
    expect(event).toMatchObject({ id: 'e1', userId: 'u1', anonymousId: 'a1', groupId: 'g1' });
    expect(event.atMs).toBe(Date.UTC(2026, 2, 10, 11));
    expect(event.propertiesText).toBe('{"price":1.5,"tags":["x",null,true],"nested":{"deep":"ü"}}');
    expect(event.context).toEqual({ value: { locale: 'de' }, text: '{"locale":"de"}', hadAddress: false });
  });

  it('keeps the fields of its type: the name of a page, the id that an alias gives up', () => {
    const page = valid({ type: 'page', name: 'Signed Up', properties: { path: '/' } });
    expect(page).toMatchObject({ event: 'page', name: 'Signed Up', properties: { path: '/', name: 'Signed Up' } });
    expect(valid({ type: 'alias', userId: 'new', previousId: 'old' }).properties).toEqual({ previousId: 'old' });
  });

  it("is not looked at for other vendors' names", () => {
    const event = valid({ type: 'identify', messageId: 'm1', userId: 'u', traits: { plan: 'pro' } });
    expect(event).toMatchObject({ id: null, properties: {} });
  });

  it('is called by its own name where another type brings one', () => {
    expect(valid({ type: 'screen', event: 'Home' }).event).toBe('Home');
  });

  it('takes null for absent everywhere, and an empty person id too', () => {
    const wire = {
      id: null,
      type: null,
      event: 'x',
      name: null,
      userId: '',
      anonymousId: null,
      groupId: '',
      timestamp: null,
      sentAt: null,
      properties: null,
      context: null,
    };
    expect(valid(wire)).toEqual(valid({ event: 'x' }));
  });

  it('takes the type of the call over its own', () => {
    expect(valid({ type: 'track', name: 'x' }, { type: 'page' }).type).toBe('page');
  });

  it('lays its context over that of its request, and shares it when it has none', () => {
    const common = parseContext({ app: 'shop', locale: 'en' });
    if (!common.ok) throw new Error('no context');
    expect(valid({ event: 'x', context: { locale: 'de' } }, { context: common.value }).context.value).toEqual({
      app: 'shop',
      locale: 'de',
    });
    expect(valid({ event: 'x' }, { context: common.value }).context).toBe(common.value);
  });

  it('tells whether its context names an IP address', () => {
    const { context } = valid({ event: 'x', context: { ip: '203.0.113.9', locale: 'de' } });
    expect(context).toMatchObject({ hadAddress: true });
    const common = parseContext({ ip: '203.0.113.9' });
    if (!common.ok) throw new Error('no context');
    expect(valid({ event: 'x', context: { a: 1 } }, { context: common.value }).context).toMatchObject({
      hadAddress: true,
    });
  });

  it('may lie exactly at every limit', () => {
    valid({
      id: 'i'.repeat(LIMITS.idLengthMax),
      event: 'n'.repeat(LIMITS.nameLengthMax),
      userId: 'u'.repeat(LIMITS.idLengthMax),
      properties: keyed(LIMITS.propertyKeysMax),
      context: nested(LIMITS.propertyDepthMax),
    });
    valid({ event: 'x', properties: { n: Number.MAX_SAFE_INTEGER, m: Number.MIN_SAFE_INTEGER, f: 0.1, e: 5e-324 } });
    // The stored parts are `{"a":"…"}`, `{}` and the name: exactly 32 KiB.
    valid({ event: 'x', properties: { a: 'a'.repeat(LIMITS.eventSizeBytesMax - 11) } });
  });

  it('may have keys of any name, which stay its own', () => {
    const sent = '{"a":[{"__proto__":{"admin":true}}],"constructor":"Ferrari","prototype":1,"__proto__":"b"}';
    const event = valid(parse(`{"event":"x","__proto__":{"userId":"u"},"properties":${sent}}`));
    expect([event.userId, event.propertiesText]).toEqual([null, sent]);
    const common = parseContext(parse('{"__proto__":{"ip":1},"constructor":1}'));
    if (!common.ok) throw new Error('no context');
    const { context } = valid(parse('{"event":"x","context":{"constructor":2}}'), { context: common.value });
    expect(context).toMatchObject({ text: '{"__proto__":{"ip":1},"constructor":2}', hadAddress: false });
  });

  it('may hold any well-formed text, escapes too', () => {
    const text = 'a\u0001\n"\\u0000 😀 \u007f';
    expect(valid({ event: '😀', properties: { [text]: text } }).properties).toEqual({ [text]: text });
  });
});

describe('each kind of bad event has its own code', () => {
  const cases: readonly [what: string, wire: unknown, code: EventRejectionCode, path: string][] = [
    ['null', null, 'event-not-object', ''],
    ['a number', 1, 'event-not-object', ''],
    ['a text', 'x', 'event-not-object', ''],
    ['an array', [{ event: 'x' }], 'event-not-object', ''],
    ['no name', {}, 'name-missing', '/event'],
    ['an empty name', { event: '' }, 'name-missing', '/event'],
    ['a blank name', { event: ' \t' }, 'name-missing', '/event'],
    ['a name that is no text', { event: 7 }, 'name-invalid', '/event'],
    ['a page name that is no text', { type: 'page', name: {} }, 'name-invalid', '/name'],
    ['a long name', { event: 'x'.repeat(201) }, 'name-too-long', '/event'],
    ['an unknown type', { type: 'click', event: 'x' }, 'type-unknown', '/type'],
    ['a type of the wrong kind', { type: 3, event: 'x' }, 'type-unknown', '/type'],
    ['an id of the wrong kind', { id: true, event: 'x' }, 'id-invalid', '/id'],
    ['an empty id', { id: '', event: 'x' }, 'id-invalid', '/id'],
    ['a long id', { id: 'x'.repeat(257), event: 'x' }, 'id-invalid', '/id'],
    ['a user of the wrong kind', { userId: {}, event: 'x' }, 'person-id-invalid', '/userId'],
    ['a numeric user of lost digits', { userId: 2 ** 60, event: 'x' }, 'number-unsafe', '/userId'],
    ['a long device', { anonymousId: 'x'.repeat(257), event: 'x' }, 'person-id-invalid', '/anonymousId'],
    ['a group of the wrong kind', { groupId: ['g'], event: 'x' }, 'group-id-invalid', '/groupId'],
    ['an unreadable time', { event: 'x', timestamp: 'yesterday' }, 'timestamp-invalid', '/timestamp'],
    ['a time without zone', { event: 'x', timestamp: '2026-03-10T12:00:00' }, 'timestamp-invalid', '/timestamp'],
    ['a time of the wrong kind', { event: 'x', timestamp: true }, 'timestamp-invalid', '/timestamp'],
    ['an unreadable sentAt', { event: 'x', sentAt: 'soon' }, 'timestamp-invalid', '/sentAt'],
    ['a number beyond every unit', { event: 'x', timestamp: 1e300 }, 'timestamp-invalid', '/timestamp'],
    ['seconds of 2500', { event: 'x', timestamp: 16_730_000_000 }, 'timestamp-out-of-range', '/timestamp'],
    ['milliseconds of 2286', { event: 'x', timestamp: 9_999_999_999_999 }, 'timestamp-out-of-range', '/timestamp'],
    ['days', { event: 'x', timestamp: 20_500 }, 'timestamp-out-of-range', '/timestamp'],
    ['the year 1582', { event: 'x', timestamp: '1582-10-15' }, 'timestamp-out-of-range', '/timestamp'],
    ['properties as an array', { event: 'x', properties: [] }, 'properties-invalid', '/properties'],
    ['properties as a text', { event: 'x', properties: '{}' }, 'properties-invalid', '/properties'],
    ['properties as a number', { type: 'identify', properties: 1 }, 'properties-invalid', '/properties'],
    ['a context as an array', { event: 'x', context: [] }, 'context-invalid', '/context'],
    ['too deep', { event: 'x', properties: nested(9) }, 'properties-too-deep', `/properties${'/a'.repeat(8)}`],
    [
      'too deep in arrays',
      { event: 'x', properties: { a: [[[[[[[[]]]]]]]] } },
      'properties-too-deep',
      `/properties/a${'/0'.repeat(7)}`,
    ],
    ['a deep context', { event: 'x', context: nested(9) }, 'properties-too-deep', `/context${'/a'.repeat(8)}`],
    ['too many keys', { event: 'x', properties: keyed(257) }, 'properties-too-many-keys', '/properties'],
    [
      'too many nested keys',
      { event: 'x', properties: { a: keyed(200), b: keyed(60) } },
      'properties-too-many-keys',
      '/properties',
    ],
    ['2^53', { event: 'x', properties: { a: [2 ** 53] } }, 'number-unsafe', '/properties/a/0'],
    ['1e308', { event: 'x', properties: { a: -1e308 } }, 'number-unsafe', '/properties/a'],
    ['1e400', parse('{"event":"x","properties":{"a":1e400}}'), 'number-unsafe', '/properties/a'],
    ['digits lost', parse('{"event":"x","context":{"a/b~":9007199254740993}}'), 'number-unsafe', '/context/a~1b~0'],
    ['a NUL in the name', { event: 'a\0' }, 'text-invalid', '/event'],
    ['half a pair in an id', { id: '\ud800', event: 'x' }, 'text-invalid', '/id'],
    ['half a pair below', { event: 'x', properties: { a: ['\udc00'] } }, 'text-invalid', '/properties/a/0'],
    ['a NUL in a key', { event: 'x', properties: { 'a\0': 1 } }, 'text-invalid', '/properties/a\0'],
    [
      '32 KiB and one byte',
      { event: 'x', properties: { a: 'a'.repeat(LIMITS.eventSizeBytesMax - 10) } },
      'event-too-large',
      '',
    ],
    ['32 KiB by UTF-8', { event: 'x', properties: { a: '€'.repeat(11_000) } }, 'event-too-large', ''],
    [
      'a very long array',
      { event: 'x', properties: { a: Array(20_000).fill(0) } },
      'event-too-large',
      `/properties/a/${LIMITS.eventSizeBytesMax / 2 - 1}`,
    ],
  ];

  it.each(cases)('%s', (_what, wire, code, path) => {
    expect(rejection(wire)).toEqual([code, code === 'event-too-large' && path !== '' ? '/properties' : path]);
  });
});

describe('an id', () => {
  it('may be a number: the same id as its decimal text', () => {
    const event = valid({ id: 5, event: 'x', userId: 12345, anonymousId: -7, groupId: 1.5 });
    expect(event).toEqual(valid({ id: '5', event: 'x', userId: '12345', anonymousId: '-7', groupId: '1.5' }));
    expect(valid({ id: 0, event: 'x', userId: Number.MAX_SAFE_INTEGER })).toMatchObject({
      id: '0',
      userId: '9007199254740991',
      notes: [],
    });
    expect(valid({ type: 'alias', userId: 'new', previousId: 77 }).properties).toEqual({ previousId: '77' });
  });

  const junk = [
    ...JUNK_IDS,
    ' ',
    '\t',
    'NULL',
    ' Undefined ',
    '[object Object]',
    'NaN',
    'N/A',
    '000',
    'Guest\n',
    '\u00a0nil',
  ];
  it.each([...junk, '00000000-0000-0000-0000-000000000000', 0, -1, true, false])('is not given as %j', (word) => {
    const event = valid({ event: 'x', userId: word, anonymousId: word, groupId: word, context: { groupId: word } });
    expect(event).toMatchObject({ userId: null, anonymousId: null, groupId: null });
    const paths = ['/userId', '/anonymousId', '/groupId', ...(typeof word === 'boolean' ? [] : ['/context/groupId'])];
    expect(event.notes).toEqual(paths.map((path) => ({ code: 'junk-id', path })));
  });

  it.each([
    'nulls',
    'user-0',
    'un',
    'guests',
    '0a',
    '10',
    '-10',
    'a'.repeat(64),
    'trues',
    '[object',
    'ünil',
    'none.',
    '01',
  ])('may be %j', (id) => {
    expect(valid({ event: 'x', userId: id, anonymousId: id, groupId: id })).toMatchObject({
      userId: id,
      anonymousId: id,
      groupId: id,
      notes: [],
    });
  });

  it('of an event is made when its variable was empty, and may be any other word', () => {
    for (const word of [...EMPTY_VARIABLES, ' ', 'NULL', '[object Object]']) {
      expect(valid({ id: word, event: 'x' })).toMatchObject({ id: null, notes: [{ code: 'junk-id', path: '/id' }] });
    }
    for (const id of ['0', '-1', '000', 'true', 'guest'])
      expect(valid({ id, event: 'x' })).toMatchObject({ id, notes: [] });
  });

  it.each([
    [{ previousId: 'undefined' }, '/previousId'],
    [{ previousId: 0 }, '/previousId'],
    [{ previousId: 'real', properties: { previousId: '(null)' } }, '/properties/previousId'],
    [{ properties: { previousId: -1, plan: 'pro' } }, '/properties/previousId'],
  ])('that an alias gives up is left out when it is junk: %j', (fields, path) => {
    const event = valid({ type: 'alias', userId: 'u', ...fields });
    expect(event.properties).not.toHaveProperty('previousId');
    expect(event.notes).toEqual([{ code: 'junk-id', path }]);
    const tracked = valid({ event: 'x', ...fields });
    expect(tracked.notes).toEqual([]);
  });
});

describe('a time', () => {
  const atMs = Date.UTC(2026, 2, 10, 11, 30, 0, 123);
  it.each([
    ['seconds', Math.floor(atMs / 1000), atMs - 123],
    ['seconds with a fraction', atMs / 1000, atMs],
    ['milliseconds', atMs, atMs],
    ['microseconds', atMs * 1000 + 456, atMs],
    ['nanoseconds', atMs * 1e6, atMs],
  ])('may be a number of %s', (_unit, timestamp, expected) => {
    expect(valid({ event: 'x', timestamp })).toMatchObject({ atMs: expected, routingAtMs: expected, notes: [] });
  });

  it('of the future is clamped, and noted', () => {
    const clamped = {
      atMs: receivedAtMs + LIMITS.futureClampMs,
      notes: [{ code: 'timestamp-clamped', path: '/timestamp' }],
    };
    const timestamps = ['2027-01-01', '9999-12-31T00:00:00Z', Date.UTC(2099, 0), Date.UTC(2050, 0) / 1000];
    for (const timestamp of timestamps) expect(valid({ event: 'x', timestamp })).toMatchObject(clamped);
  });

  it('of a clock that runs centuries ahead is corrected all the same', () => {
    const sentAtMs = Date.UTC(2150, 0);
    expect(valid({ event: 'x', timestamp: sentAtMs - 1_000 }, { sentAtMs })).toMatchObject({
      atMs: receivedAtMs - 1_000,
      notes: [],
    });
  });

  it('is needed where the arrival says so', () => {
    for (const timestamp of [null, undefined]) {
      const result = validateEvent({ event: 'x', timestamp }, { ...arrival, needsTime: true });
      expect(result).toMatchObject({ ok: false, error: { code: 'timestamp-missing', path: '/timestamp' } });
    }
    expect(valid({ event: 'x', timestamp: '2019-03-01' }, { needsTime: true }).atMs).toBe(Date.UTC(2019, 2, 1));
  });
});

it('says the limit and the value it met', () => {
  const result = validateEvent({ event: 'x'.repeat(300) }, arrival);
  expect(result.ok ? '' : result.error.message).toBe('A name may have at most 200 characters; this one has 300.');
});
