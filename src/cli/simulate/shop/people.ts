/**
 * People of the invented shop. A person is known by the day of the first visit and a number, and everything about the person
 * follows from those: nobody is stored.
 */
import { newRandom, type Random } from '../random.ts';
import { type Story, visitsOfDay } from './story.ts';

export interface ShopPerson {
  readonly anonymousId: string;
  /** Absent for people without an account. */
  readonly customer?: { readonly userId: string; readonly traits: Readonly<Record<string, unknown>> };
  readonly country: string;
  readonly userAgent: string;
  /** The app keeps events while it cannot deliver them; a page loses them. */
  readonly hasApp: boolean;
}

/** A person's name in the story. */
export interface PersonName {
  /** The day of the first visit, in days since 1970. */
  readonly day: number;
  readonly index: number;
}

/** The share of a day's visits that are somebody's first. */
export const NEW_SHARE = 0.56;
const ACCOUNT_SHARE = 0.42;
const APP_SHARE = 0.14;
const PHONE_SHARE = 0.5;

const COUNTRIES = [
  'DE',
  'DE',
  'DE',
  'DE',
  'FR',
  'FR',
  'GB',
  'GB',
  'NL',
  'AT',
  'US',
  'US',
  'ES',
  'IT',
  'SE',
  'PL',
] as const;
const DESKTOPS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
] as const;
const PHONES = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36',
] as const;
const FIRST_NAMES = [
  'Ada',
  'Ben',
  'Carla',
  'David',
  'Elif',
  'Finn',
  'Greta',
  'Hugo',
  'Ines',
  'Jonas',
  'Karin',
  'Luca',
] as const;
const LAST_NAMES = [
  'Albers',
  'Blum',
  'Conti',
  'Duval',
  'Evans',
  'Frank',
  'Garcia',
  'Hansen',
  'Ivanova',
  'Jansen',
] as const;
const TIERS = ['bronze', 'bronze', 'bronze', 'bronze', 'silver', 'silver', 'gold'] as const;

/** The mean number of days after which people come back: soon, or after a good while. */
const BACK_SOON_DAYS = 5;
const BACK_LATER_DAYS = 28;
const BACK_LATER_SHARE = 0.3;

/** Draws the one who comes back on the day: mostly people of the last weeks, and of a day's people some much more often. */
export function drawReturning(random: Random, story: Story, day: number): PersonName {
  const meanDays = random.next() < BACK_LATER_SHARE ? BACK_LATER_DAYS : BACK_SOON_DAYS;
  const firstDay = day - 1 - Math.floor(random.exponential(meanDays));
  const count = Math.max(1, Math.floor(visitsOfDay(story, firstDay) * NEW_SHARE));
  return { day: firstDay, index: Math.floor(count * random.next() ** 2) };
}

export function personOf({ seed }: Story, { day, index }: PersonName): ShopPerson {
  const random = newRandom(`${seed}/person/${day}/${index}`);
  const name = `${day.toString(36)}-${index.toString(36)}`;
  const country = random.pick(COUNTRIES);
  const hasApp = random.next() < APP_SHARE;
  const userAgent = random.pick(hasApp || random.next() < PHONE_SHARE ? PHONES : DESKTOPS);
  const person = { anonymousId: `device-${name}`, country, userAgent, hasApp };
  if (random.next() >= ACCOUNT_SHARE) return person;
  const [first, last] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
  const traits = {
    name: `${first} ${last}`,
    email: `${first}.${last}.${name}@example.com`.toLowerCase(),
    tier: random.pick(TIERS),
    country,
    newsletter: random.next() < 0.4,
  };
  return { ...person, customer: { userId: `customer-${name}`, traits } };
}
