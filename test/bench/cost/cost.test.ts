import { beforeAll, describe, expect, it } from 'vitest';
import type { Product } from '../../sim/product/product-loader.ts';
import { loadPricedProduct } from './cost.ts';
import { dollarsOf, perMillion, rowsWrittenOf } from './prices.ts';
import { type Bill, billTraffic } from './traffic.ts';

/** Checks the promises of docs/costs.md on little traffic, on which the fixed costs of a day weigh more. */
describe('the cost of events', { timeout: 60_000 }, () => {
  let product: Product;
  beforeAll(async () => {
    product = await loadPricedProduct();
  });
  const rowsPerMillion = ({ units, events }: Bill) => rowsWrittenOf(perMillion(units, events));
  const fifty = (shardCount: number, events: number) =>
    billTraffic(product, {
      eventsPerSecond: 2_000 * shardCount,
      eventsPerRequest: 50,
      shardCount,
      events,
      from: 'device',
    });

  it('is at most 30,000 rows for a million events at 50 a request, on one shard as on eight', async () => {
    const one = await fifty(1, 10_000);
    const eight = await fifty(8, 32_000);
    expect(rowsPerMillion(one)).toBeLessThanOrEqual(30_000);
    expect(dollarsOf(perMillion(one.units, one.events))).toBeLessThanOrEqual(0.1);
    expect(rowsPerMillion(eight) / rowsPerMillion(one)).toBeGreaterThan(0.9);
    expect(rowsPerMillion(eight) / rowsPerMillion(one)).toBeLessThan(1.1);
  });

  it('is one row of the log for each request, however many requests a flush has: slots are reused', async () => {
    const traffic = {
      eventsPerSecond: 1.5,
      eventsPerRequest: 1,
      shardCount: 1,
      events: 2_700,
      from: 'device',
    } as const;
    const bill = await billTraffic(product, traffic);
    expect(bill.rowsBy.get('object log')).toBeLessThanOrEqual(1.01 * traffic.events);
    expect(dollarsOf(perMillion(bill.units, bill.events))).toBeLessThanOrEqual(2);
  });
});
