import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EventColumns } from '../../../../src/core/event/columns.ts';
import type { JsonObject } from '../../../../src/core/event/event.ts';
import { valueAt } from '../../../../src/core/event/property.ts';
import { JsonColumn, JsonPlace } from '../../../../src/core/query/rows/json-column.ts';
import { emptyColumns } from '../../../lake/generate.ts';

const names = ['price', 'a', 'a.b', 'b', 'x y', '$id', '', '"', '\\', ',', ':', '{', 'é', 'price"', '"price"'];
const name = fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 5 }));
const text = fc.oneof(
  fc.constantFrom('"price":1', ',"price":2', '{"price":3', 'x"price":', '\\', '\\"', '","a":'),
  fc.string({ maxLength: 12, unit: 'binary' }),
);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, 1e21, 999999999999999, 1234567890123456),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
}));
const object = fc.option(fc.dictionary(name, value, { maxKeys: 5 }), { freq: 8 });

function packed(texts: readonly (string | null)[]): EventColumns {
  const starts = new Uint32Array(texts.length + 1);
  for (const [row, one] of texts.entries()) starts[row + 1] = starts[row]! + (one?.length ?? 0);
  const present = Uint8Array.from(texts, (one) => (one === null ? 0 : 1));
  const properties = { text: texts.join(''), starts, present: texts.includes(null) ? present : null };
  return { ...emptyColumns(texts.length), strings: {}, packed: { properties } };
}

function apart(texts: readonly (string | null)[]): EventColumns {
  return { ...emptyColumns(texts.length), strings: { properties: texts } };
}

it.each([packed, apart])(
  'finds in the text what parsing finds, in whatever order rows are asked for: $name',
  (columnsOf) => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 8 }), name, fc.array(fc.nat()), (objects, key, order) => {
        const texts = objects.map((one) => one && JSON.stringify(one));
        const column = new JsonColumn('properties');
        const steps = key.split('.');
        const place = new JsonPlace(column, key, steps);
        column.use(columnsOf(texts));
        for (const row of [...objects.keys(), ...order.map((at) => at % objects.length)]) {
          const wanted = texts[row] === null ? undefined : valueAt(JSON.parse(texts[row]!) as JsonObject, key, steps);
          expect(place.read(row)).toEqual(wanted);
        }
      }),
      { numRuns: 5_000 },
    );
  },
);
