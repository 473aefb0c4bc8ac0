// Lake events: the generated events of the lake's figures: events of 50,000 people over some days, with UUID ids and
// six properties each, in the columns that shards write. The same seed gives the same events.

import type { EventColumns } from '../../../src/core/event/columns.ts';
import type { StringColumn } from '../../../src/core/event/event.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { Hasher } from '../../../src/core/std/hash.ts';
import { wordsOf } from '../../../src/core/std/words.ts';
import { emptyColumns, randomFrom } from '../../lake/generate.ts';

export const FIRST_DAY = 20_000;
export const PEOPLE = 50_000;
/** The events of a shop: most people view products, some fill a cart, few buy. */
export const EVENTS = [
  'Product Viewed',
  'Product Viewed',
  'Product Viewed',
  'Product Viewed',
  'Products Searched',
  'Products Searched',
  'Product Added',
  'Product Added',
  'Checkout Started',
  'Order Completed',
] as const;
const COUNTRIES = ['DE', 'FR', 'GB', 'US', 'NL', 'IT', 'ES', 'PL', 'SE', 'AT', 'CH', 'DK'];
const DEVICES = ['desktop', 'mobile', 'tablet'];
const PLANS = ['free', 'basic', 'pro', 'team'];
const CATEGORIES = ['garden', 'kitchen', 'bath', 'office', 'toys', 'books', 'sports', 'music'];
const HEX = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'));

export interface GeneratedPeople {
  readonly person: BigInt64Array;
  readonly names: readonly string[];
}

export function people(count = PEOPLE): GeneratedPeople {
  const hasher = new Hasher([1, 2, 3, 4]);
  const person = new BigInt64Array(count);
  const words = wordsOf(person);
  const names = Array.from({ length: count }, (_, i) => `user-${i}`);
  for (const [i, name] of names.entries()) {
    hasher.hash(name);
    words[2 * i] = hasher.low;
    words[2 * i + 1] = hasher.high;
  }
  return { person, names };
}

/** Events of one day, in the order in which they were received. */
export function eventsOfDay(day: number, rowCount: number, known: GeneratedPeople, seed = day): EventColumns {
  const random = randomFrom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const columns = emptyColumns(rowCount);
  const text = columns.strings as { [column in StringColumn]: (string | null)[] };
  const uuid = () => {
    const [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, () => HEX[below(65_536)]!);
    return `${a}${b}-${c}-4${d!.slice(1)}-${'89ab'[below(4)]}${e!.slice(1)}-${f}${g}${h}`;
  };
  const peopleCount = known.names.length;
  for (let row = 0; row < rowCount; row++) {
    // A third of the people send two of three events.
    const person = random() < 0.67 ? below(Math.floor(peopleCount / 3)) : below(peopleCount);
    columns.at[row] = day * DAY_MS + Math.floor(((row + random()) / rowCount) * DAY_MS);
    columns.receivedAt[row] = columns.at[row]! + 20 + below(400);
    columns.person[row] = columns.keyHash[row] = known.person[person]!;
    text.id[row] = uuid();
    text.type[row] = 'track';
    text.event[row] = EVENTS[below(EVENTS.length)]!;
    text.user_id[row] = known.names[person]!;
    text.country[row] = COUNTRIES[person % COUNTRIES.length]!;
    text.device[row] = DEVICES[(person >> 3) % DEVICES.length]!;
    const product = below(400);
    text.properties[row] = JSON.stringify({
      sku: `sku-${product}`,
      category: CATEGORIES[product % CATEGORIES.length],
      price: 199 + ((product * 37) % 97) * 100,
      quantity: 1 + below(4),
      plan: PLANS[person % PLANS.length],
      returning: random() < 0.6,
      // This property is too rare for a typed column, so a question about it reads the JSON.
      ...(row % 1_000 === 0 && { gift: true }),
    });
  }
  return columns;
}
