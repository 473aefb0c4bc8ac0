// Draft: an adapter's translation, and the places of its values in the vendor's event.

import { describe, expect, it } from 'vitest';
import { draftMapping } from '../../../../src/edge/protocols/kit/draft.ts';
import { TraitDraft } from '../../../../src/edge/protocols/kit/traits.ts';
import { UnreadableEvent } from '../../../../src/edge/protocols/protocol.ts';

const unreadable = new UnreadableEvent({ code: 'json-invalid', path: '/props', message: 'No.' });

const mapping = draftMapping((sent, draft) => {
  if (sent.broken === true) return unreadable;
  draft.put('id', sent.uid, '/uid');
  draft.put('event', sent.what, '/what');
  draft.context('sessionId', sent.session, '/session');
  draft.inContext('page', 'url', sent.href, '/href');
  draft.properties(sent.props, '/props', new Set(['secret']));
  draft.property('revenue', sent.paid, '/paid');
  return undefined;
});

describe('a draft', () => {
  it('is our event, without what is absent or was put elsewhere', () => {
    const sent = JSON.parse(
      '{"uid":"1","what":"Seen","href":"","paid":5,"props":{"a":1,"secret":2,"__proto__":{"b":3}}}',
    );
    const wire = mapping.toWireEvent(sent) as { properties: object };
    expect(JSON.stringify(wire)).toBe('{"id":"1","event":"Seen","properties":{"a":1,"__proto__":{"b":3},"revenue":5}}');
    expect(Object.getPrototypeOf(wire.properties)).toBe(Object.prototype);
    expect(mapping.toWireEvent({ uid: 1, what: 'x', href: 'https://a.example', session: 's' })).toEqual({
      id: 1,
      event: 'x',
      context: { sessionId: 's', page: { url: 'https://a.example' } },
    });
  });

  it('knows where each value was sent, the nearest around it, or the whole event', () => {
    const sent = { uid: 1, href: 'x', session: 's', paid: 1, props: { a: [1] } };
    const placeOf = (pointer: string) => mapping.pathOf(pointer, sent);
    expect(placeOf('/id')).toBe('/uid');
    expect(placeOf('/event')).toBe('/what');
    expect(placeOf('/properties/a/0')).toBe('/props/a/0');
    expect(placeOf('/properties/revenue')).toBe('/paid');
    expect(placeOf('/context/page/url')).toBe('/href');
    expect(placeOf('/context/locale')).toBe('');
    expect(placeOf('')).toBe('');
  });

  it('may be unreadable, and leaves alone what is no object', () => {
    expect(mapping.toWireEvent({ broken: true })).toBe(unreadable);
    expect([mapping.toWireEvent(7), mapping.pathOf('', 7)]).toEqual([7, '']);
    expect(mapping.toWireEvent({ uid: 1, what: 'x', props: 'no object' })).toMatchObject({ properties: 'no object' });
  });

  it('writes operations on traits', () => {
    const traits = draftMapping((sent, draft) => {
      const bag = new TraitDraft(draft);
      bag.set(sent.$set, '/$set');
      bag.once(sent.$set_once, '/$set_once');
      bag.unset(sent.$unset, '/$unset');
      bag.keep('$add', sent.$add, '/$add');
      return undefined;
    });
    const sent = { $set: { a: 1 }, $set_once: { b: 2 }, $unset: ['c'], $add: { n: 1 } };
    expect(traits.toWireEvent(sent)).toEqual({ properties: { a: 1, $set_once: { b: 2 }, c: null, $add: { n: 1 } } });
    expect(traits.toWireEvent({ $unset: { c: '-' }, $set_once: {} })).toEqual({ properties: { c: null } });
    expect(traits.pathOf('/properties/$set_once/b', sent)).toBe('/$set_once/b');
    expect(traits.pathOf('/properties/c', sent)).toBe('/$unset/0');
  });
});
