/**
 * ShopBoards: the rollups, boards, saved questions and cohorts with which the shop of the demo begins, as bodies of the API.
 */
const LAST_MONTH = { last: '30 days' };
const orders = { events: ['Order Completed'] };

interface TilePlace {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function tile(id: string, title: string, chart: string, place: TilePlace, question: object) {
  return { id, title, chart, place, ...question };
}

const CHECKOUT_STEPS = [
  { event: 'Product Viewed' },
  { event: 'Product Added' },
  { event: 'Checkout Started' },
  { event: 'Payment Info Entered' },
  { event: 'Order Completed' },
];
const checkoutFunnel = { steps: CHECKOUT_STEPS, windowSeconds: 3_600 };
const ordersOfPayments = {
  queries: {
    orders: { measure: 'count', ...orders, interval: 'day', ...LAST_MONTH },
    payments: { measure: 'count', events: ['Payment Info Entered'], interval: 'day', ...LAST_MONTH },
  },
  formulas: { rate: 'orders / payments' },
};

const morning = {
  name: 'Every morning',
  tiles: [
    tile(
      'people',
      'People',
      'number',
      { x: 0, y: 0, w: 3, h: 2 },
      {
        query: { measure: 'users', last: '7 days', compare: { offset: '1 week' } },
      },
    ),
    tile(
      'revenue',
      'Revenue, €',
      'number',
      { x: 3, y: 0, w: 3, h: 2 },
      {
        query: { measure: { sum: 'revenue' }, ...orders, last: '7 days', compare: { offset: '1 week' } },
      },
    ),
    tile(
      'orders',
      'Orders',
      'number',
      { x: 6, y: 0, w: 3, h: 2 },
      {
        query: { measure: 'count', ...orders, last: '7 days', compare: { offset: '1 week' } },
      },
    ),
    tile(
      'basket',
      'Average order, €',
      'number',
      { x: 9, y: 0, w: 3, h: 2 },
      {
        query: { measure: { avg: 'revenue' }, ...orders, last: '7 days', compare: { offset: '1 week' } },
      },
    ),
    tile(
      'people-by-day',
      'People by day',
      'area',
      { x: 0, y: 2, w: 8, h: 5 },
      {
        query: { measure: 'users', interval: 'day', ...LAST_MONTH },
      },
    ),
    tile(
      'channels',
      'Where visits come from',
      'bar',
      { x: 8, y: 2, w: 4, h: 5 },
      {
        query: { measure: 'users', groupBy: ['utm_source'], top: 6, ...LAST_MONTH },
      },
    ),
    tile(
      'revenue-by-category',
      'Revenue by category, €',
      'line',
      { x: 0, y: 7, w: 8, h: 5 },
      {
        query: { measure: { sum: 'revenue' }, ...orders, groupBy: ['category'], interval: 'day', ...LAST_MONTH },
      },
    ),
    tile(
      'countries',
      'Orders by country',
      'table',
      { x: 8, y: 7, w: 4, h: 5 },
      {
        query: { measure: 'count', ...orders, groupBy: ['country'], top: 8, ...LAST_MONTH },
      },
    ),
    tile(
      'retention',
      'Who comes back',
      'journey',
      { x: 0, y: 12, w: 12, h: 6 },
      {
        journey: { kind: 'retention', question: { interval: 'week', intervals: 8, last: '8 weeks' } },
      },
    ),
  ],
};

const checkout = {
  name: 'Checkout',
  tiles: [
    tile(
      'funnel',
      'From product to order',
      'journey',
      { x: 0, y: 0, w: 12, h: 6 },
      {
        journey: { kind: 'funnel', question: { ...checkoutFunnel, last: '14 days' } },
      },
    ),
    tile(
      'orders-of-payments',
      'Orders of tried payments',
      'line',
      { x: 0, y: 6, w: 6, h: 5 },
      { query: ordersOfPayments },
    ),
    tile(
      'failed',
      'Failed payments by reason',
      'bar',
      { x: 6, y: 6, w: 6, h: 5 },
      {
        query: { measure: 'count', events: ['Payment Failed'], groupBy: ['reason'], interval: 'day', ...LAST_MONTH },
      },
    ),
    tile(
      'by-version',
      'From payment to order, by version',
      'journey',
      { x: 0, y: 11, w: 12, h: 6 },
      {
        journey: {
          kind: 'funnel',
          question: { steps: CHECKOUT_STEPS.slice(3), windowSeconds: 3_600, groupBy: 'app_version', ...LAST_MONTH },
        },
      },
    ),
    tile(
      'by-hour',
      'Events by hour, this week',
      'area',
      { x: 0, y: 17, w: 12, h: 5 },
      {
        query: { measure: 'count', interval: 'hour', last: '7 days' },
      },
    ),
  ],
};

export const SHOP_BOARDS: Readonly<Record<string, object>> = { morning, checkout };

export const SHOP_INSIGHTS = [
  { name: 'Orders of tried payments', query: ordersOfPayments },
  {
    name: 'Revenue by day',
    query: { measure: { sum: 'revenue' }, ...orders, interval: 'day', ...LAST_MONTH, compare: { offset: '30 days' } },
  },
];

export const SHOP_COHORTS = [
  { name: 'Bought twice', who: { ...orders, count: { gte: 2 }, days: 60 } },
  { name: 'Gold customers', who: { property: 'person.tier', op: 'eq', value: 'gold' } },
  {
    name: 'Paid in vain',
    who: { and: [{ events: ['Payment Failed'], days: 30 }, { not: { ...orders, days: 30 } }] },
  },
];

/** Made before the first event, so that every day is counted by them and the boards need not read events. */
export const SHOP_ROLLUPS = [
  { name: 'Revenue by category', dimensions: ['column.event', 'category'], numbers: ['revenue'], allowUnknown: true },
  { name: 'Events by country', dimensions: ['column.event', 'country'], numbers: [], allowUnknown: true },
  { name: 'Payments by reason', dimensions: ['column.event', 'reason'], numbers: [], allowUnknown: true },
];
