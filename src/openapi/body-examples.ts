/**
 * BodyExamples: a body for each call that takes one, by `METHOD path`. A test sends each to the app. A route that brings its own
 * example needs none here.
 */

const JUNE = { from: '2025-06-01', to: '2025-07-01' };
const ORDER = {
  id: 'order-1',
  event: 'Order Completed',
  userId: 'ann',
  timestamp: '2026-06-01T10:00:00Z',
  properties: { value: 12.5, plan: 'pro' },
};
const STEPS = [{ event: 'Product Viewed' }, { event: 'Added to Cart' }, { event: 'Order Completed' }];
const FUNNEL = { ...JUNE, steps: STEPS, windowSeconds: 86_400 };
const RETENTION = { ...JUNE, interval: 'week', start: { event: 'Signed Up' }, intervals: 4 };
const CONDITION = { property: 'country', op: 'in', value: ['DE', 'FR'] };
const segment = (more: object) => ({ messageId: 'm-1', userId: 'ann', timestamp: '2026-06-01T10:00:00Z', ...more });

export const BODY_EXAMPLES: Readonly<Record<string, unknown>> = {
  'POST /v1/events': [ORDER],
  'POST /v1/track': segment({ event: 'Order Completed', properties: { value: 12.5 } }),
  'POST /v1/page': segment({ name: 'Pricing', properties: { url: 'https://example.com/pricing' } }),
  'POST /v1/screen': segment({ name: 'Pricing' }),
  'POST /v1/identify': segment({ traits: { plan: 'pro' } }),
  'POST /v1/group': segment({ groupId: 'acme', traits: { industry: 'tools' } }),
  'POST /v1/alias': segment({ previousId: 'device-1' }),
  'POST /v1/batch': { batch: [segment({ type: 'track', event: 'Order Completed' })], sentAt: '2026-06-01T10:00:01Z' },
  'POST /v1/query/funnel': FUNNEL,
  'POST /v1/query/retention': RETENTION,
  'POST /v1/query/paths': { ...JUNE, startAt: { event: 'Signed Up' }, steps: 4 },
  'POST /v1/query/sessions': { ...JUNE, groupBy: 'device' },
  'POST /v1/query/active': { ...JUNE, where: CONDITION },
  'POST /v1/query/lifecycle': { ...JUNE, interval: 'week' },
  'POST /v1/query/frequency': { ...JUNE, events: ['Order Completed'], of: 'days' },
  'POST /v1/query/funnel/people': { ...FUNNEL, step: 2, outcome: 'dropped', limit: 20 },
  'POST /v1/query/retention/people': {
    ...RETENTION,
    figure: { cohort: '2025-06-02T00:00:00Z', n: 1, outcome: 'gone' },
  },
  'POST /v1/query/paths/people': {
    ...JUNE,
    startAt: { event: 'Signed Up' },
    steps: 4,
    figure: { step: 1, value: 'Pricing' },
  },
  'POST /v1/query/lifecycle/people': {
    ...JUNE,
    interval: 'week',
    figure: { at: '2025-06-09T00:00:00Z', state: 'dormant' },
  },
  'POST /v1/query/frequency/people': { ...JUNE, events: ['Order Completed'], of: 'days', figure: { n: 3 } },
  'POST /v1/people/profile': { id: 'ann' },
  'POST /v1/people/events': { id: 'ann', limit: 20 },
  'POST /v1/export': { ...JUNE, format: 'csv', where: CONDITION },
  'POST /v1/insights': {
    name: 'Orders a day',
    query: { measure: 'count', events: ['Order Completed'], last: '30 days' },
  },
  'POST /v1/cohorts': {
    name: 'Good customers',
    who: { and: [{ events: ['Order Completed'], count: { gte: 3 }, days: 90 }] },
  },
  'PUT /v1/retention': { lakeMonths: 25, events: { 'Heartbeat Sent': { lakeDays: 30 } } },
};
