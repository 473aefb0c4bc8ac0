// Admit: one loop for live events and imports, the verdict on each event, and the details that it withholds.

import { expect, it } from 'vitest';
import { parseCommonContext } from '../../src/core/event/event-json.ts';
import { type AdmitOptions, admit } from '../../src/edge/admit.ts';
import { aliasMapping } from '../../src/edge/protocols/event-names.ts';
import { UnreadableEvent } from '../../src/edge/protocols/protocol.ts';
import { StoredSize } from '../../src/edge/steps/stored-size.ts';
import { NOW_MS } from './support/app.ts';

const options = (parts: Partial<AdmitOptions> = {}): AdmitOptions => ({
  arrival: { receivedAtMs: NOW_MS, sentAtMs: null },
  source: 'test',
  surroundings: { country: 'DE', region: null, city: null, userAgent: null, bot: null },
  newId: (index) => `made-${index}`,
  size: new StoredSize(),
  keepsParsed: true,
  ...parts,
});

const unreadable = new UnreadableEvent({ code: 'json-invalid', path: '', message: 'The line is not valid JSON.' });
const events = [
  { id: 'a', event: 'x', properties: { n: 1 }, context: { locale: 'de' } },
  unreadable,
  { messageId: 'b', event: 'x', userId: {} },
  { event: 'x' },
  { messageId: 'c'.repeat(300), event: 'x' },
];

it('has a record or a reason for each event, and tells the ids that it made', () => {
  const { events: passed, rejected, madeIds } = admit({ events, mapping: aliasMapping }, options());
  expect(passed.map(({ record }) => [record.strings.id, record.strings.country, record.properties])).toEqual([
    ['a', 'DE', { n: 1 }],
    ['made-3', 'DE', {}],
  ]);
  expect(madeIds).toEqual([{ index: 3, id: 'made-3' }]);
  expect(rejected).toEqual([
    { index: 1, id: null, ...unreadable.rejection },
    { index: 2, id: 'b', code: 'person-id-invalid', path: '/userId', message: expect.any(String) },
    { index: 4, id: null, code: 'id-invalid', path: '/messageId', message: expect.any(String) },
  ]);
});

it('takes events in our own names without a mapping', () => {
  const { events: passed, rejected } = admit({ events }, options());
  expect(passed.map(({ record }) => record.strings.id)).toEqual(['a', 'made-3', 'made-4']);
  expect(rejected.map(({ index, id }) => [index, id])).toEqual([
    [1, null],
    [2, null],
  ]);
});

it('may tell a few reasons only, and keep texts only', () => {
  const result = admit({ events, mapping: aliasMapping }, options({ errorsMax: 1, keepsParsed: false }));
  expect(result.rejected.map(({ index }) => index)).toEqual([1]);
  expect(result.events[0]?.record).toMatchObject({ properties: {}, context: {}, strings: { properties: '{"n":1}' } });
});

it('charges a rejected event for the common context that was laid under its own', () => {
  const common = parseCommonContext({ text: 'x'.repeat(400) });
  if (!common.ok) throw new Error('no context');
  const arrival = { receivedAtMs: NOW_MS, sentAtMs: null, context: common.value };
  const bad = (count: number, context?: object) => Array(count).fill({ event: 7, context });
  const run = (list: readonly unknown[]) => admit({ events: list }, options({ arrival, size: new StoredSize(1_000) }));
  expect(run(bad(2, { a: 1 })).rejected).toHaveLength(2);
  expect(run(bad(9)).rejected).toHaveLength(9);
  expect(() => run(bad(3, { a: 1 }))).toThrow('may come to 1000 bytes');
});
