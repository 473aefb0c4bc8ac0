import { describe, expect, it } from 'vitest';
import { inlineMapping, isInline, parsePairs } from '../../../src/cli/import/inline-mapping.ts';
import type { ImportEvent } from '../../../src/cli/import/mapping.ts';

const columns = ['created_at', 'customer', 'amount', 'kind', 'country'];
const row = { created_at: '2026-06-01T00:00:00Z', customer: 'ann', amount: '12.5', kind: 'Order', country: 'DE' };

function mapOne(text: string, given: Record<string, unknown> = row, known = columns, areAllKnown = true) {
  return inlineMapping(parsePairs(text), known, areAllKnown)(given, 1) as ImportEvent | null;
}

describe('a mapping in one text', () => {
  it('names the columns of an event', () => {
    expect(mapOne('event=Purchase,time=created_at,user=customer,value=amount:number')).toEqual({
      event: 'Purchase',
      timestamp: '2026-06-01T00:00:00Z',
      userId: 'ann',
      properties: { value: 12.5 },
    });
  });

  it('takes the event from a column of that name, and texts between quotes as they are', () => {
    expect(mapOne('event=kind, time=created_at, group=country, plan=\'a, b\', note="x=y"')).toEqual({
      event: 'Order',
      timestamp: row.created_at,
      groupId: 'DE',
      properties: { plan: 'a, b', note: 'x=y' },
    });
    expect(mapOne("event='kind',time=created_at")?.event).toBe('kind');
  });

  it('leaves out what is empty', () => {
    const event = mapOne('event=A,time=created_at,user=customer,value=amount:number', {
      ...row,
      customer: '',
      amount: '',
    });
    expect(event).toEqual({ event: 'A', timestamp: row.created_at, properties: {} });
  });

  it.each([
    ['1559347200000', 'time=at', 1_559_347_200_000],
    ['1559347200', 'time=at:seconds', 1_559_347_200_000],
    ['2019-06-01', 'time=at', '2019-06-01'],
  ])('reads the time %s by %s', (at, pair, expected) => {
    expect(mapOne(`event=A,${pair}`, { at }, ['at'])?.timestamp).toBe(expected);
  });

  it('reads types, and members of members', () => {
    const given = { t: 0, a: { b: { c: 'x' } }, yes: 'Yes', list: '[1,2]', n: 7 };
    const text = 'event=A,time=t,c=a.b.c,yes=yes:boolean,list=list:json,n=n:text';
    expect(mapOne(text, given, Object.keys(given))?.properties).toEqual({ c: 'x', yes: true, list: [1, 2], n: '7' });
  });

  it('keeps the text of a number that would be rounded', () => {
    const big = { ...row, amount: '9007199254740993' };
    expect(mapOne('event=A,time=created_at,v=amount:number', big)?.properties).toEqual({ v: '9007199254740993' });
  });

  it.each([
    ['amount:number', { ...row, amount: '12,50' }, 'amount "12,50" is not a valid number'],
    ['amount:boolean', row, 'amount "12.5" is not a valid boolean'],
    ['amount:json', { ...row, amount: '{' }, 'amount "{" is not a valid json'],
  ])('refuses a field that is no %s', (source, given, message) => {
    expect(() => mapOne(`event=A,time=created_at,v=${source}`, given)).toThrow(message);
  });

  it.each([
    ['event=A,time=creatd_at', 'no column creatd_at (did you mean created_at?)'],
    ['event=knd,time=created_at', 'no column knd, but kind'],
    ['event=A,time=created_at,user=custommer', 'did you mean customer?'],
    ['event=A,time=created_at,v=nothing', 'no column nothing'],
    ['event=A,user=customer', 'has no time'],
    ['time=created_at', 'has no event'],
    ['event=A,time=created_at,time=kind', 'gives time twice'],
    ['event=A,time=created_at,v=amount:numbr', 'did you mean number?'],
    ['event=A,time=created_at,oops', 'not "oops"'],
  ])('refuses %s', (text, message) => {
    expect(() => mapOne(text)).toThrow(message);
  });

  it('lets a later row have members that the first rows lack, unless the name is nearly one of theirs', () => {
    expect(mapOne('event=A,time=created_at,x=rare', { ...row, rare: 1 }, columns, false)?.properties).toEqual({ x: 1 });
    expect(() => mapOne('event=A,time=created_at,x=amoun', row, columns, false)).toThrow('did you mean amount?');
  });

  it('is told from the name of a file', () => {
    expect(['event=A,time=b', ' time = at'].map(isInline)).toEqual([true, true]);
    expect(['map.ts', './dir/a.map.ts', '../x=y/map.ts'].map(isInline)).toEqual([false, false, false]);
  });
});
