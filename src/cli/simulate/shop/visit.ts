/**
 * Visit: the events of one visit to the invented shop, as its page and its app would send them.
 *
 * landing → products → cart → checkout → payment → order; most visits end on the way. While the payment is broken, few orders
 * come of the payments that are tried.
 */
import type { WireEvent } from '../../kit/batches.ts';
import type { Random } from '../random.ts';
import type { ShopPerson } from './people.ts';
import { campaignAt, isWithin, type Story, versionAt } from './story.ts';

export interface VisitPlan {
  /** Begins the ids of the visit's events. */
  readonly id: string;
  readonly person: ShopPerson;
  readonly isFirst: boolean;
  readonly startMs: number;
  /** The mean time between two clicks. */
  readonly clickMs: number;
  /** The campaign that brings the visit, in place of the one of the time. */
  readonly campaign?: { readonly name: string; readonly source: string; readonly medium: string };
}

export interface ShopEvent {
  readonly atMs: number;
  readonly event: WireEvent;
}

interface Source {
  readonly referrer?: string;
  readonly campaign?: { readonly name: string; readonly source: string; readonly medium: string };
  /** The share of its visits that see one page. */
  readonly bounceShare: number;
}

interface Product {
  readonly path: string;
  readonly name: string;
  readonly category: string;
  readonly price: number;
}

const SITE = 'https://shop.example';
const PRODUCTS: readonly Product[] = [
  { path: '/products/copper-kettle', name: 'Copper kettle', category: 'Kettles', price: 89 },
  { path: '/products/steel-kettle', name: 'Steel kettle', category: 'Kettles', price: 49.9 },
  { path: '/products/stone-teapot', name: 'Stone teapot', category: 'Teapots', price: 39.5 },
  { path: '/products/glass-teapot', name: 'Glass teapot', category: 'Teapots', price: 29.9 },
  { path: '/products/cup-of-two', name: 'Cups, set of two', category: 'Cups', price: 18.5 },
  { path: '/products/travel-cup', name: 'Travel cup', category: 'Cups', price: 24 },
  { path: '/products/sencha', name: 'Sencha, 100 g', category: 'Tea', price: 12.9 },
  { path: '/products/darjeeling', name: 'Darjeeling, 100 g', category: 'Tea', price: 14.5 },
  { path: '/products/tea-subscription', name: 'Tea every month', category: 'Tea', price: 21 },
];
const COLLECTIONS = ['/collections/kettles', '/collections/teapots', '/collections/cups', '/collections/tea'] as const;
const ARTICLES = ['/journal/how-hot', '/journal/first-flush', '/journal/visiting-uji'] as const;
const SEARCHES = ['kettle', 'gift', 'green tea', 'teapot glass', 'matcha'] as const;

const SOURCES: readonly Source[] = [
  { bounceShare: 0.34 },
  { bounceShare: 0.34 },
  { bounceShare: 0.34 },
  { referrer: 'https://www.google.com/', bounceShare: 0.42 },
  { referrer: 'https://www.google.com/', bounceShare: 0.42 },
  { referrer: 'https://www.google.com/', bounceShare: 0.42 },
  { referrer: 'https://www.bing.com/', bounceShare: 0.42 },
  { referrer: 'https://www.teaforum.example/', bounceShare: 0.3 },
  { referrer: 'https://www.pinterest.com/', bounceShare: 0.55 },
  {
    referrer: 'https://www.google.com/',
    campaign: { name: 'brand', source: 'google', medium: 'cpc' },
    bounceShare: 0.38,
  },
  { campaign: { name: 'weekly', source: 'newsletter', medium: 'email' }, bounceShare: 0.25 },
];
const CAMPAIGN_SHARE = 0.35;
const CAMPAIGN_BOUNCE_SHARE = 0.48;

const CART_SHARE = 0.3;
const CHECKOUT_SHARE = 0.62;
const PAYMENT_SHARE = 0.88;
const ORDER_SHARE = 0.8;
const BROKEN_ORDER_SHARE = 0.12;
const LOGIN_SHARE = 0.25;

/** The visit's events in the order of their times. */
export function* visitEvents(random: Random, story: Story, plan: VisitPlan): Generator<ShopEvent> {
  const { id, person, startMs, clickMs } = plan;
  const source = sourceOf(random, story, plan);
  let atMs = startMs;
  let count = 0;
  let path = '/';
  for (const step of new Walk(random, story, plan).steps(source)) {
    if (count > 0) atMs += 1_000 + Math.round(random.exponential(clickMs));
    path = step.path ?? path;
    const { isKnown, body } = step;
    const event = {
      id: `${id}-${count++}`,
      ...body(atMs),
      anonymousId: person.anonymousId,
      ...(isKnown && person.customer && { userId: person.customer.userId }),
      timestamp: new Date(atMs).toISOString(),
      context: contextOf(person, path, count === 1 ? source : null),
    };
    yield { atMs, event };
  }
}

interface Step {
  /** The page that the step leads to; absent when it stays. */
  readonly path?: string;
  readonly isKnown: boolean;
  /** The event, given the time at which it happens. */
  readonly body: (atMs: number) => Readonly<Record<string, unknown>>;
}

/** Draws the steps of a visit. */
class Walk {
  readonly #random: Random;
  readonly #story: Story;
  readonly #plan: VisitPlan;
  #isKnown = false;

  constructor(random: Random, story: Story, plan: VisitPlan) {
    this.#random = random;
    this.#story = story;
    this.#plan = plan;
  }

  *steps({ bounceShare }: Source): Generator<Step> {
    const random = this.#random;
    yield this.#page(landingOf(random));
    if (random.next() < bounceShare) return;
    if (random.next() < LOGIN_SHARE) yield* this.#logIn();
    if (random.next() < 0.6) yield this.#page(random.pick(COLLECTIONS));
    if (random.next() < 0.14) yield this.#track('Products Searched', { query: random.pick(SEARCHES) });
    let last: Product | undefined;
    for (let more = 1 + Math.floor(random.exponential(1.1)); more > 0; more--) {
      last = random.pick(PRODUCTS);
      yield this.#page(last.path);
      yield this.#track('Product Viewed', { product: last.name, category: last.category, price: last.price });
    }
    if (last !== undefined && random.next() < CART_SHARE) yield* this.#buy(last);
  }

  *#buy(product: Product): Generator<Step> {
    const random = this.#random;
    const quantity = 1 + Math.floor(random.exponential(0.5));
    const line = { product: product.name, category: product.category, price: product.price, quantity };
    yield this.#track('Product Added', line);
    yield this.#page('/cart');
    if (random.next() >= CHECKOUT_SHARE) return;

    yield this.#page('/checkout');
    yield* this.#logIn();
    const revenue = Math.round(product.price * quantity * 100) / 100;
    yield this.#track('Checkout Started', { revenue, items: quantity });
    if (random.next() >= PAYMENT_SHARE) return;

    const payment = random.pick(['card', 'card', 'card', 'paypal', 'invoice']);
    yield this.#track('Payment Info Entered', { payment, revenue });
    const chance = random.next();
    const orderId = random.below(1e9).toString(36);
    const order = { order_id: orderId, ...line, payment, revenue, currency: 'EUR' };
    yield {
      isKnown: this.#isKnown,
      body: (atMs) => {
        const isBroken = isWithin(this.#story.broken, atMs);
        if (chance < (isBroken ? BROKEN_ORDER_SHARE : ORDER_SHARE))
          return this.#track('Order Completed', order).body(atMs);
        const reason = isBroken ? 'card form timed out' : 'declined';
        return this.#track('Payment Failed', { payment, revenue, reason }).body(atMs);
      },
    };
  }

  *#logIn(): Generator<Step> {
    const { person, isFirst } = this.#plan;
    if (this.#isKnown || person.customer === undefined) return;
    this.#isKnown = true;
    const { traits } = person.customer;
    yield { isKnown: true, body: () => ({ type: 'identify', traits }) };
    if (isFirst) yield this.#track('Signed Up', { method: this.#random.pick(['email', 'email', 'google', 'apple']) });
  }

  #page(path: string): Step {
    return { path, isKnown: this.#isKnown, body: () => ({ type: 'page', properties: { path, url: SITE + path } }) };
  }

  #track(event: string, properties: Readonly<Record<string, unknown>>): Step {
    const channel = this.#plan.person.hasApp ? 'app' : 'web';
    return {
      isKnown: this.#isKnown,
      body: (atMs) => ({
        type: 'track',
        event,
        properties: { ...properties, app_version: versionAt(this.#story, atMs), channel },
      }),
    };
  }
}

function sourceOf(random: Random, story: Story, { startMs, isFirst, campaign }: VisitPlan): Source {
  const current = campaign ?? (random.next() < CAMPAIGN_SHARE ? campaignAt(story, startMs) : undefined);
  if (current !== undefined) {
    const { name, source, medium } = current;
    return { campaign: { name, source, medium }, bounceShare: CAMPAIGN_BOUNCE_SHARE };
  }
  // People who come back mostly type the address.
  return isFirst || random.next() < 0.4 ? random.pick(SOURCES) : { bounceShare: 0.28 };
}

function landingOf(random: Random): string {
  const chance = random.next();
  if (chance < 0.45) return '/';
  if (chance < 0.7) return random.pick(PRODUCTS).path;
  return random.pick(chance < 0.85 ? COLLECTIONS : ARTICLES);
}

function contextOf({ userAgent, country }: ShopPerson, path: string, entry: Source | null): Record<string, unknown> {
  const referrer = entry?.referrer;
  return {
    userAgent,
    location: { country },
    page: { url: SITE + path, path, ...(referrer !== undefined && { referrer }) },
    ...(entry?.campaign && { campaign: entry.campaign }),
  };
}
