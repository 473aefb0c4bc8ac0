import { describe, expect, it } from 'vitest';
import { excludesBots, settleBots } from '../../../src/core/bots/asked-bots.ts';
import { NOT_BOT, withoutBots } from '../../../src/core/bots/bots.ts';
import type { Condition } from '../../../src/core/event/condition.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { sessions } from '../../../src/core/journeys/sessions.ts';
import { parseQuery } from '../../../src/core/query/question/request.ts';

const RANGE = { from: '2024-05-01', to: '2024-05-08' };
const isDevice = (property: string): Condition => ({ property, op: 'eq', value: 'mobile' });

function query(body: object) {
  const parsed = parseQuery({ measure: 'count', ...RANGE, ...body }, 'UTC');
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}
/** What becomes of the question for a tenant who leaves bots out. */
const settled = (body: object) => settleBots(query(body), 'exclude').bots;

describe('what a question says about bots', () => {
  it('is its own choice, else that of the tenant, else that they count', () => {
    expect(settled({})).toMatchObject({ choice: 'exclude', by: 'tenant' });
    expect(settled({ bots: 'include' })).toMatchObject({ choice: 'include', by: 'question' });
    expect(settleBots(query({ bots: 'exclude' }), 'include').bots).toMatchObject({ choice: 'exclude', by: 'question' });
    expect(excludesBots(settleBots(query({})))).toBe(false);
    expect(parseQuery({ measure: 'count', ...RANGE, bots: 'maybe' }, 'UTC')).toMatchObject({ ok: false });
  });

  it('takes them out of its condition and remembers that', () => {
    const where: Condition = { property: 'country', op: 'eq', value: 'DE' };
    expect(settleBots(query({ where }), 'exclude')).toMatchObject({
      where: { and: [where, NOT_BOT] },
      bots: { choice: 'exclude', by: 'tenant', where },
    });
    expect(settleBots(query({}), 'exclude').where).toEqual(NOT_BOT);
    expect(settleBots(query({ where }), 'include').where).toEqual(where);
  });

  it.each([
    { where: isDevice('device') },
    { where: isDevice('column.device') },
    { where: { not: { or: [isDevice('context.bot'), isDevice('country')] } } },
    { where: { property: 'context.bot.name', op: 'exists' } },
    { groupBy: ['country', 'device'] },
    { groupBy: ['context.bot'] },
    { measure: { distinct: 'device' } },
  ])('counts them where the tenant would not, because it names what tells them: %j', (body) => {
    expect(settled(body)).toMatchObject({ choice: 'include', by: 'names' });
    expect(settled({ ...body, bots: 'exclude' })).toMatchObject({ choice: 'exclude', by: 'question' });
  });

  it.each([
    { where: isDevice('bot') },
    { where: isDevice('properties.bot') },
    { where: isDevice('properties.device') },
    { groupBy: ['device_type'] },
    { groupBy: ['context.bots'] },
    { groupBy: ['context.device.type'] },
    { measure: { distinct: 'person.device' } },
  ])('leaves them out though it names a property of a sender: %j', (body) => {
    expect(settled(body)).toMatchObject({ choice: 'exclude', by: 'tenant' });
  });

  it('is found in every part of a journey', () => {
    const choices = [
      funnel.parse({ ...RANGE, windowSeconds: 3_600, steps: [{ event: 'a' }, { where: isDevice('device') }] }, 'UTC'),
      funnel.parse(
        { ...RANGE, windowSeconds: 3_600, steps: [{ event: 'a' }, { event: 'b' }], same: 'column.device' },
        'UTC',
      ),
      funnel.parse(
        { ...RANGE, windowSeconds: 3_600, steps: [{ event: 'a' }, { event: 'b' }], groupBy: 'device' },
        'UTC',
      ),
      paths.parse({ ...RANGE, startAt: { event: 'a' }, by: 'device' }, 'UTC'),
      sessions.parse({ ...RANGE, page: 'context.bot' }, 'UTC'),
      sessions.parse({ ...RANGE, where: isDevice('device') }, 'UTC'),
      sessions.parse({ ...RANGE, where: isDevice('bot') }, 'UTC'),
    ].map((parsed) => (parsed.ok ? settleBots(parsed.value, 'exclude').bots.choice : parsed.error.message));
    expect(choices).toEqual([...Array(6).fill('include'), 'exclude']);
  });
});

describe('a part of a cohort', () => {
  it('leaves bots out, unless it names them itself', () => {
    expect(withoutBots(null)).toEqual(NOT_BOT);
    expect(withoutBots(isDevice('bot'))).toEqual({ and: [isDevice('bot'), NOT_BOT] });
    expect(withoutBots(isDevice('device'))).toEqual(isDevice('device'));
  });
});
