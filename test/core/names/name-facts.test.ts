import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { NameFacts } from '../../../src/core/names/name-facts.ts';
import { typesOf } from '../../../src/core/names/value-types.ts';
import { NOON_MS, record } from '../../support/events.ts';
import { factsOf } from './facts-of.ts';

const factsByName = (records: readonly ReturnType<typeof record>[]): ReadonlyMap<string, NameFacts> =>
  new Map(factsOf(records).map((facts) => [`${facts.kind} ${facts.name}`, facts]));

describe('the facts of a batch', () => {
  it('tell types, events and times of each name', () => {
    const facts = factsByName([
      record({ id: 'a', event: 'Bought', atMs: NOON_MS, properties: { plan: 'pro', tags: ['x'], none: null } }),
      record({ id: 'b', event: 'Viewed', atMs: NOON_MS - 5, properties: { plan: 7, at: { x: 1 }, on: true } }),
      record({ id: 'c', event: 'Viewed', atMs: NOON_MS + 5, properties: {} }),
    ]);
    const plan = facts.get('property plan')!;
    expect(typesOf(plan.types)).toEqual(['text', 'number']);
    expect([...plan.events]).toEqual(['Bought', 'Viewed']);
    expect([plan.firstMs, plan.lastMs]).toEqual([NOON_MS - 5, NOON_MS]);
    expect(typesOf(facts.get('property tags')!.types)).toEqual(['list']);
    expect(typesOf(facts.get('property at')!.types)).toEqual(['object']);
    expect(typesOf(facts.get('property on')!.types)).toEqual(['boolean']);
    expect(typesOf(facts.get('property none')!.types)).toEqual([]);
    expect([facts.get('event Viewed')!.firstMs, facts.get('event Viewed')!.lastMs]).toEqual([NOON_MS - 5, NOON_MS + 5]);
  });

  it('tell traits from properties, also where the texts are equal', () => {
    const properties = { plan: 'pro' };
    const facts = factsByName([
      record({ id: 'a', type: 'identify', event: 'identify', properties }),
      record({ id: 'b', type: 'group', event: 'group', properties }),
      record({ id: 'c', type: 'page', event: 'Page', properties }),
    ]);
    expect([...facts.keys()].filter((key) => key.endsWith('plan')).sort()).toEqual([
      'group plan',
      'person plan',
      'property plan',
    ]);
    expect([...facts.get('person plan')!.events]).toEqual([]);
  });

  it('are bounded, and leave out names that no question may give', () => {
    const many = Array.from({ length: LIMITS.factEventsMax + 5 }, (_, i) =>
      record({
        id: `a${i}`,
        event: `E${i}`,
        properties: { plan: i, ['n'.repeat(LIMITS.nameLengthMax + 1)]: 1, '\ud800': 1, '': 1 },
      }),
    );
    const wide = Array.from({ length: 12 }, (_, i) =>
      record({ id: `b${i}`, properties: Object.fromEntries(Array.from({ length: 200 }, (_, j) => [`p${i}-${j}`, 1])) }),
    );
    const facts = factsByName([...many, ...wide]);
    expect(facts.get('property plan')!.events.size).toBe(LIMITS.factEventsMax);
    const properties = [...facts.keys()].filter((key) => key.startsWith('property '));
    expect(properties).toHaveLength(LIMITS.namesKeptMax);
    expect(properties.filter((key) => !/^property (plan|p\d+-\d+)$/.test(key))).toEqual([]);
  });

  it('take __proto__ for a name like any other', () => {
    const facts = factsByName([record({ id: 'a', properties: JSON.parse('{"__proto__":{"x":1},"constructor":"y"}') })]);
    expect(typesOf(facts.get('property __proto__')!.types)).toEqual(['object']);
    expect(typesOf(facts.get('property constructor')!.types)).toEqual(['text']);
  });

  it('are those of an event read alone, whatever shapes came before it', () => {
    const values = [1, -2.5e-7, true, false, null, '', 'a', 'a,"b":', 'c\\\\', '"}', '\u2028é', ['x'], { x: 1 }];
    const records = Array.from({ length: 400 }, (_, i) =>
      record({
        id: `a${i}`,
        event: `E${i % 3}`,
        type: i % 7 === 0 ? 'identify' : 'track',
        atMs: NOON_MS + ((i * 37) % 101),
        properties: Object.fromEntries(
          ['plan', 'a"b', 'on', 'Z']
            .slice(0, (i * 5) % 5)
            .map((name, at) => [name, values[(i * (at + 3)) % values.length]!]),
        ),
      }),
    );
    const expected = new Map<string, NameFacts>();
    for (const each of records) {
      for (const [key, facts] of factsByName([each])) {
        const known = expected.get(key) ?? { ...facts, events: new Set() };
        for (const event of facts.events) known.events.add(event);
        known.types |= facts.types;
        known.firstMs = Math.min(known.firstMs, facts.firstMs);
        known.lastMs = Math.max(known.lastMs, facts.lastMs);
        expected.set(key, known);
      }
    }
    expect(factsByName(records)).toEqual(expected);
  });
});
