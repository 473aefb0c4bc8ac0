import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../../src/core/event/columns.ts';
import type { Condition } from '../../../../src/core/event/condition.ts';
import { RowSource } from '../../../../src/core/query/rows/row-source.ts';
import { emptyColumns } from '../../../lake/generate.ts';

const DEVICES = [null, 'bot', 'desktop', 'Desktop', 'tv'];
const DEVICE = 'column.device';
const IS_BOT: Condition = { property: DEVICE, op: 'eq', value: 'bot' };
const IS_SCREEN: Condition = { property: DEVICE, op: 'in', value: ['desktop', 'tv'] };
const IS_THERE: Condition = { property: DEVICE, op: 'exists', value: true };
const IN_FRANCE: Condition = { property: 'column.country', op: 'eq', value: 'FR' };

const CONDITIONS: readonly Condition[] = [
  IS_BOT,
  { not: IS_BOT },
  { or: [IS_BOT, IS_SCREEN] },
  { not: { or: [IS_BOT, { not: IS_THERE }] } },
  { or: [{ and: [IS_THERE, { not: IS_SCREEN }] }, IS_BOT] },
  { and: [{ not: IS_BOT }, IS_THERE] },
  { or: [IS_BOT, IN_FRANCE] },
  { not: { and: [IS_SCREEN, IN_FRANCE] } },
];

/** Every device with every country, in a column of its own or with a dictionary. */
const rows = DEVICES.flatMap((device) => [null, 'FR', 'DE'].map((country) => ({ device, country })));
const plain: EventColumns = {
  ...emptyColumns(rows.length),
  strings: { device: rows.map(({ device }) => device), country: rows.map(({ country }) => country) },
};
const coded: EventColumns = {
  ...plain,
  strings: {},
  coded: {
    device: { entries: DEVICES, codes: Uint8Array.from(rows, ({ device }) => DEVICES.indexOf(device)) },
    country: { entries: [null, 'FR', 'DE'], codes: Uint8Array.from(rows, (_, row) => row % 3) },
  },
};

describe('a filter', () => {
  it.each(CONDITIONS.map((condition) => [JSON.stringify(condition), condition] as const))(
    'keeps the same rows of texts and of a dictionary: %s',
    (_, condition) => {
      const all = Uint32Array.from(rows.keys());
      const kept = [plain, coded].map((columns) => {
        const source = new RowSource();
        const filter = source.filter(condition);
        source.use(columns);
        return [...filter(all)];
      });
      const source = new RowSource();
      const test = source.test(condition);
      source.use(plain);
      expect(kept[0]).toEqual([...all].filter(test));
      expect(kept[1]).toEqual(kept[0]);
      expect(kept[0]!.length).toBeGreaterThan(0);
      expect(kept[0]!.length).toBeLessThan(rows.length);
    },
  );
});
