import { describe, expect, it } from 'vitest';
import type { EventRecord, JsonValue } from '../../../src/core/event/event.ts';
import { dimensionText, isColumn, propertyColumns, propertyReader } from '../../../src/core/event/property.ts';
import { LIMITS } from '../../../src/core/limits.ts';

const record: EventRecord = {
  atMs: 0,
  receivedAtMs: 0,
  clamped: false,
  strings: { id: '1', type: 'track', event: 'Signed Up', country: 'DE', city: null, properties: '{}', context: '{}' },
  properties: {
    plan: 'pro',
    country: 'AT',
    'a.b': 'whole',
    a: { b: 'stepped', c: { d: 1 } },
    items: [{ price: 5 }],
    nothing: null,
    context: 'mine',
  },
  context: { campaign: { name: 'spring' }, locale: 'de' },
};
const read = propertyReader(record);

describe('propertyReader', () => {
  it('reads properties before columns of the same name, and columns by a name of their own', () => {
    expect(read('event')).toBe('Signed Up');
    expect(read('country')).toBe('AT');
    expect(read('column.country')).toBe('DE');
    expect(read('column.event')).toBe('Signed Up');
    expect(read('column.plan')).toBeUndefined();
    expect(read('properties.country')).toBe('AT');
    expect(read('city')).toBeUndefined();
    expect(read('browser')).toBeUndefined();
  });

  it('reads properties, with or without the prefix, and the context', () => {
    expect(read('plan')).toBe('pro');
    expect(read('properties.plan')).toBe('pro');
    expect(read('context.campaign.name')).toBe('spring');
    expect(read('context.locale')).toBe('de');
    expect(read('context')).toBe('mine');
  });

  it('looks for the whole key first, then descends at the dots', () => {
    expect(read('a.b')).toBe('whole');
    expect(read('a.c.d')).toBe(1);
    expect(read('items.0.price')).toBe(5);
    expect(read('a.c.d.e')).toBeUndefined();
    expect(read('plan.length')).toBeUndefined();
  });

  it('takes null for absent', () => {
    expect(read('nothing')).toBeUndefined();
    expect(read('nothing.more')).toBeUndefined();
  });

  it('does not reach what no event said', () => {
    for (const name of ['constructor', '__proto__', 'a.__proto__', 'toString', 'context.constructor.name']) {
      expect(read(name)).toBeUndefined();
    }
  });

  it('keeps working after more names than it remembers', () => {
    for (let at = 0; at < 5_000; at++) read(`name ${at}`);
    expect(read('a.c.d')).toBe(1);
  });
});

describe('columns', () => {
  it('are those that hold one value, not the JSON ones', () => {
    expect(['event', 'utm_source', 'id', 'properties', 'context', 'pii', 'plan', 'at'].filter(isColumn)).toEqual([
      'event',
      'utm_source',
      'id',
    ]);
  });

  it('say which ones a property needs', () => {
    const names = ['country', 'column.country', 'plan', 'properties.country', 'context.locale', 'group.size'];
    expect(names.map(propertyColumns)).toEqual([
      ['country', 'properties'],
      ['country'],
      ['properties'],
      ['properties'],
      ['context'],
      ['group_id'],
    ]);
  });
});

describe('dimensionText', () => {
  it('gives each kind of value a text', () => {
    const values: (JsonValue | undefined)[] = [undefined, null, '', 'a', 1.5, true, false, [1, 'b'], { c: null }];
    expect(values.map(dimensionText)).toEqual([null, null, '', 'a', '1.5', 'true', 'false', '[1,"b"]', '{"c":null}']);
  });

  it('cuts at the limit, never through a character', () => {
    const max = LIMITS.dimensionValueLengthMax;
    expect(dimensionText('a'.repeat(max + 1))).toBe('a'.repeat(max));
    expect(dimensionText('a'.repeat(max))).toBe('a'.repeat(max));
    expect(dimensionText(`${'a'.repeat(max - 1)}😀`)).toBe('a'.repeat(max - 1));
    expect(dimensionText(`${'a'.repeat(max - 2)}😀b`)).toBe(`${'a'.repeat(max - 2)}😀`);
  });

  it('is always well-formed', () => {
    expect(dimensionText('a\ud800')).toBe('a\ufffd');
  });
});
