import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Condition,
  type ConditionOp,
  canonicalCondition,
  conditionProperties,
  conditionSchema,
  evaluate,
  parseCondition,
} from '../../../src/core/event/condition.ts';
import type { JsonValue } from '../../../src/core/event/event.ts';

function holds(op: ConditionOp, actual: JsonValue | undefined, value?: JsonValue): boolean {
  const comparison: Condition = value === undefined ? { property: 'p', op } : { property: 'p', op, value };
  return evaluate(comparison, () => actual);
}

const faultOf = (input: unknown) => {
  const parsed = parseCondition(input);
  return parsed.ok ? null : `${parsed.error.path.join('.')}: ${parsed.error.message}`;
};

describe('evaluate', () => {
  it('compares by type: a number is not its text', () => {
    expect(holds('eq', 1, 1)).toBe(true);
    expect(holds('eq', '1', 1)).toBe(false);
    expect(holds('eq', true, 1)).toBe(false);
    expect(holds('neq', '1', 1)).toBe(true);
    expect(holds('in', '1', [1, 2])).toBe(false);
    expect(holds('in', 2, [1, 2])).toBe(true);
  });

  it('takes absent and null for the same, and lets an absent property differ from any value', () => {
    for (const absent of [undefined, null]) {
      expect(holds('eq', absent, null)).toBe(true);
      expect(holds('eq', absent, 'x')).toBe(false);
      expect(holds('neq', absent, 'x')).toBe(true);
      expect(holds('neq', absent, null)).toBe(false);
      expect(holds('in', absent, ['x', null])).toBe(true);
      expect(holds('exists', absent)).toBe(false);
      expect(holds('exists', absent, false)).toBe(true);
      expect(holds('gt', absent, 0)).toBe(false);
      expect(holds('contains', absent, 'x')).toBe(false);
    }
    expect(holds('exists', '')).toBe(true);
    expect(holds('exists', false, true)).toBe(true);
    expect(holds('exists', 0, false)).toBe(false);
  });

  it('finds a part of a text, a member of an array', () => {
    expect(holds('contains', 'checkout/done', 'done')).toBe(true);
    expect(holds('contains', 'checkout', 'Check')).toBe(false);
    expect(holds('contains', ['a', 1], 1)).toBe(true);
    expect(holds('contains', ['ab'], 'a')).toBe(false);
    expect(holds('contains', 12, '1')).toBe(false);
    expect(holds('contains', '12', 1)).toBe(false);
  });

  it('takes a text for every value that a breakdown shows as this text', () => {
    expect(holds('eq', 10, '10')).toBe(true);
    expect(holds('neq', 10, '10')).toBe(false);
    expect(holds('in', true, ['x', 'true'])).toBe(true);
    expect(holds('eq', ['a', 1], '["a",1]')).toBe(true);
    expect(holds('eq', { b: 2 }, '{"b":2}')).toBe(true);
    expect(holds('eq', 10, '10.0')).toBe(false);
    expect(holds('eq', null, 'null')).toBe(false);
    expect(holds('eq', '10', 10)).toBe(false);
    expect(holds('eq', 'true', true)).toBe(false);
  });

  it('finds the beginning and the end of a text', () => {
    expect(holds('startsWith', '/blog/a', '/blog/')).toBe(true);
    expect(holds('startsWith', '/shop/blog/', '/blog/')).toBe(false);
    expect(holds('endsWith', 'a@example.org', '@example.org')).toBe(true);
    expect(holds('endsWith', 'a@example.org', '@Example.org')).toBe(false);
    for (const op of ['startsWith', 'endsWith'] as const) {
      expect(holds(op, '', '')).toBe(true);
      expect(holds(op, undefined, '')).toBe(false);
      expect(holds(op, 10, '1')).toBe(false);
      expect(holds(op, ['1'], '1')).toBe(false);
    }
  });

  describe('without case', () => {
    const folds = (op: ConditionOp, actual: JsonValue, value: JsonValue) =>
      evaluate({ property: 'p', op, value, caseInsensitive: true }, () => actual);

    it('compares texts, members and parts of texts', () => {
      expect(folds('eq', 'Berlin', 'BERLIN')).toBe(true);
      expect(folds('neq', 'Berlin', 'BERLIN')).toBe(false);
      expect(folds('in', 'Berlin', ['rome', 'berlin', null])).toBe(true);
      expect(folds('contains', 'Checkout Done', 'OUT d')).toBe(true);
      expect(folds('contains', ['Red', 1], 'red')).toBe(true);
      expect(folds('startsWith', '/Blog/A', '/blog')).toBe(true);
      expect(folds('endsWith', 'IMG.JPG', '.jpg')).toBe(true);
      expect(folds('eq', 'Berlin', 'Bern')).toBe(false);
      expect(folds('eq', 1, 1) && folds('in', 1, [1]) && !folds('eq', '1', 1)).toBe(true);
    });

    it('does not depend on a language, and knows letters of one upper and several lower cases', () => {
      expect(folds('eq', 'straße', 'STRASSE')).toBe(true);
      expect(folds('eq', 'ΟΔΟΣ', 'οδος')).toBe(true);
      expect(folds('contains', 'ΟΔΟΣΑ', 'οδος')).toBe(true);
      expect(folds('eq', 'ÉCOLE', 'école')).toBe(true);
      expect(folds('eq', 'TITLE', 'title')).toBe(true);
    });

    it('agrees with the same condition over texts of one case', () => {
      const text = fc.string({ unit: fc.constantFrom('a', 'B', 'é', 'Z', '/', '1'), maxLength: 5 });
      const op = fc.constantFrom('eq', 'neq', 'contains', 'startsWith', 'endsWith');
      const byHand = { eq: (a: string, b: string) => a === b, neq: (a: string, b: string) => a !== b };
      const parts = {
        contains: (a: string, b: string) => a.split(b).length > 1 || b === '',
        startsWith: (a: string, b: string) => a.slice(0, b.length) === b,
        endsWith: (a: string, b: string) => b.length <= a.length && a.slice(a.length - b.length) === b,
      };
      fc.assert(
        fc.property(op, text, text, (name, actual, wanted) => {
          const test = { ...byHand, ...parts }[name];
          expect(folds(name, actual, wanted)).toBe(test(actual.toLowerCase(), wanted.toLowerCase()));
          expect(holds(name, actual, wanted)).toBe(test(actual, wanted));
        }),
      );
    });

    it('is an option of the ops that take texts', () => {
      const folding = { property: 'p', op: 'eq', value: 'x', caseInsensitive: true };
      expect(parseCondition(folding)).toEqual({ ok: true, value: folding });
      expect(parseCondition({ ...folding, caseInsensitive: false })).toEqual({
        ok: true,
        value: { property: 'p', op: 'eq', value: 'x' },
      });
      expect(faultOf({ ...folding, op: 'gt' })).toMatch(/^caseInsensitive: /);
      expect(faultOf({ property: 'p', op: 'exists', caseInsensitive: true })).toMatch(/^caseInsensitive: /);
      expect(faultOf({ ...folding, caseInsensitive: 'yes' })).toMatch(/^caseInsensitive: /);
      expect(faultOf({ property: 'p', op: 'startsWith', value: 1 })).toBe('value: startsWith takes a text');
      expect(faultOf({ property: 'p', op: 'endsWith' })).toBe('value: endsWith takes a text');
    });

    it('is part of the canonical text, which is as before without it', () => {
      const plain: Condition = { property: 'p', op: 'eq', value: 'x' };
      expect(canonicalCondition(plain)).toBe('{"property":"p","op":"eq","value":"x"}');
      expect(canonicalCondition({ ...plain, caseInsensitive: true })).not.toBe(canonicalCondition(plain));
    });
  });

  it('orders numbers with numbers, texts with texts, nothing else', () => {
    expect(holds('gt', 10, 9)).toBe(true);
    expect(holds('gt', '10', '9')).toBe(false);
    expect(holds('gt', 10, '9')).toBe(false);
    expect(holds('lt', true, 2)).toBe(false);
    expect(holds('gte', 9, 9) && holds('lte', 9, 9)).toBe(true);
    expect(holds('gt', 9, 9) || holds('lt', 9, 9)).toBe(false);
    expect(holds('lt', '2024-01-31T10:00:00Z', '2024-02-01')).toBe(true);
    expect(holds('lt', '\uffee', '😀')).toBe(true);
  });

  it('combines', () => {
    const yes: Condition = { property: 'p', op: 'exists' };
    const no: Condition = { not: yes };
    const read = () => 1;
    expect(evaluate({ and: [yes, yes] }, read)).toBe(true);
    expect(evaluate({ and: [yes, no] }, read)).toBe(false);
    expect(evaluate({ or: [no, yes] }, read)).toBe(true);
    expect(evaluate({ or: [no, no] }, read)).toBe(false);
  });
});

describe('parseCondition', () => {
  it('gives back a condition as it is', () => {
    const condition = {
      and: [
        { property: 'plan', op: 'in', value: ['pro', 1, null] },
        { or: [{ not: { property: 'price', op: 'gte', value: 5 } }, { property: 'ref', op: 'exists', value: false }] },
      ],
    };
    expect(parseCondition(condition)).toEqual({ ok: true, value: condition });
  });

  it('names the place of a fault', () => {
    const arm = { property: 'p', op: 'eq', value: 1 };
    expect(faultOf({ and: [arm, { property: 'p', op: 'is', value: 1 }] })).toMatch(/^and\.1\.op: expected one of eq/);
    expect(faultOf({ not: { or: [{ property: '', op: 'eq', value: 1 }] } })).toMatch(/^not\.or\.0\.property: /);
    expect(faultOf({ property: 'p', op: 'gt', value: true })).toBe('value: gt takes a number or a text');
    expect(faultOf({ property: 'p', op: 'eq' })).toMatch(/^value: eq takes a text/);
    expect(faultOf({ property: 'p', op: 'in', value: [] })).toMatch(/^value: in takes an array/);
    expect(faultOf({ and: [] })).toBe('and: expected at least one condition');
    expect(faultOf({ and: [arm], or: [arm] })).toMatch(/^or: unknown/);
    expect(faultOf({ ...arm, values: [1] })).toMatch(/^values: unknown/);
    for (const input of [null, 'x', [], 5]) expect(faultOf(input)).toMatch(/^: expected/);
  });

  it('bounds nodes, depth and values', () => {
    const arm = { property: 'p', op: 'eq', value: 1 };
    expect(faultOf({ and: Array.from({ length: 63 }, () => arm) })).toBeNull();
    expect(faultOf({ and: Array.from({ length: 64 }, () => arm) })).toMatch(/^and\.63: .* at most 64/);
    const nested = (depth: number): unknown => (depth === 1 ? arm : { not: nested(depth - 1) });
    expect(faultOf(nested(8))).toBeNull();
    expect(faultOf(nested(9))).toMatch(/^not(\.not){7}: .* at most 8/);
    expect(faultOf({ property: 'p', op: 'in', value: Array.from({ length: 257 }, () => 1) })).toMatch(/^value: /);
  });

  it('survives a text nested a hundred thousand deep', () => {
    let input: unknown = 1;
    for (let at = 0; at < 100_000; at++) input = { not: input };
    expect(faultOf(input)).toMatch(/at most 8 levels deep$/);
  });

  it('is what the schema does, path and all', () => {
    const result = conditionSchema.safeParse({ and: [{ property: 'p', op: 'eq', value: {} }] });
    expect(result.error?.issues.map(({ path }) => path)).toEqual([['and', 0, 'value']]);
    expect(conditionSchema.parse({ property: 'p', op: 'eq', value: 1 })).toEqual({ property: 'p', op: 'eq', value: 1 });
  });
});

describe('canonicalCondition', () => {
  const leaf: fc.Arbitrary<Condition> = fc.record({
    property: fc.constantFrom('a', 'b'),
    op: fc.constantFrom('eq' as const, 'neq' as const),
    value: fc.constantFrom(1, '1', null),
  });
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({ and: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ or: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: tie('condition') }),
    ),
  }));
  const reversed = (node: Condition): Condition => {
    if ('and' in node) return { and: node.and.map(reversed).reverse() };
    if ('or' in node) return { or: node.or.map(reversed).reverse() };
    return 'not' in node ? { not: reversed(node.not) } : node;
  };

  it('does not depend on the order of arms, and is a condition of the same meaning', () => {
    fc.assert(
      fc.property(condition, fc.constantFrom(1, '1', undefined), (node, value) => {
        const canonical = canonicalCondition(node);
        expect(canonicalCondition(reversed(node))).toBe(canonical);
        const read = (property: string) => (property === 'a' ? value : 1);
        expect(evaluate(JSON.parse(canonical), read)).toBe(evaluate(node, read));
        expect(canonicalCondition(JSON.parse(canonical))).toBe(canonical);
      }),
    );
  });

  it('is one for what is the same by definition', () => {
    const arm: Condition = { property: 'a', op: 'in', value: ['x', 'y', 'x'] };
    expect(canonicalCondition({ and: [arm, arm] })).toBe('{"property":"a","op":"in","value":["x","y"]}');
    expect(canonicalCondition({ property: 'a', op: 'exists' })).toBe(
      canonicalCondition({ op: 'exists', property: 'a', value: true }),
    );
    expect(canonicalCondition({ property: 'a', op: 'eq', value: 1 })).not.toBe(
      canonicalCondition({ property: 'a', op: 'eq', value: '1' }),
    );
  });
});

describe('conditionProperties', () => {
  it('names each property once', () => {
    const arm = (property: string): Condition => ({ property, op: 'exists' });
    expect(conditionProperties({ or: [arm('a'), { not: arm('b') }, { and: [arm('a'), arm('c')] }] })).toEqual([
      'a',
      'b',
      'c',
    ]);
  });
});
