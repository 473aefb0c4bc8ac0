import { describe, expect, it } from 'vitest';
import { aliasedEventSchema, aliasMapping } from '../../../src/edge/protocols/event-names.ts';

const { toWireEvent, pathOf } = aliasMapping;

describe('an event with aliases', () => {
  it('is read in our names', () => {
    const sent = { id: null, messageId: 'm1', type: 'identify', traits: { plan: 'pro' } };
    expect(toWireEvent(sent)).toMatchObject({ id: 'm1', properties: { plan: 'pro' } });
    expect(sent).toEqual({ id: null, messageId: 'm1', type: 'identify', traits: { plan: 'pro' } });
    expect(aliasedEventSchema.safeParse(sent).success).toBe(true);
  });

  it('is itself when it says everything in our names, or is no event', () => {
    for (const sent of [{ id: 'a', messageId: 7, properties: {}, traits: 7 }, { event: 'x' }, null, 7, 'x', [{}]]) {
      expect(toWireEvent(sent)).toBe(sent);
    }
  });

  it('keeps every other key, those of prototypes too', () => {
    const sent = JSON.parse('{"messageId":"m","__proto__":{"a":1}}');
    expect(Object.keys(toWireEvent(sent) as object)).toContain('__proto__');
    expect((toWireEvent(sent) as { a?: number }).a).toBeUndefined();
  });

  it.each([
    ['/id', { messageId: 7 }, '/messageId'],
    ['/id', { id: 7, messageId: 'm' }, '/id'],
    ['/id', { messageId: '' }, '/id'],
    ['/properties', { traits: 7 }, '/traits'],
    ['/properties/a/0', { properties: null, traits: { a: [1] } }, '/traits/a/0'],
    ['/properties/a', { properties: {}, traits: {} }, '/properties/a'],
    ['/context', { traits: {} }, '/context'],
    ['', 7, ''],
  ])('has %s where the sender put it: %j', (pointer, sent, path) => {
    expect(pathOf(pointer, sent)).toBe(path);
  });
});
