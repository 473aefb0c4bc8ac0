// The bins come from a package of CommonJS modules. Its serialisation would need code generation, which workerd forbids;
// the bins do without it.
import { expect, it } from 'vitest';
import { Quantiles } from '../../../src/core/rollup/quantile.ts';
import { ByteReader, ByteWriter } from '../../../src/core/std/bytes.ts';

it('counts, stores and reads quantiles inside workerd', () => {
  const quantiles = new Quantiles();
  for (let value = -500; value <= 1_000; value++) quantiles.add(value);
  const writer = new ByteWriter();
  quantiles.encode(writer);
  const read = Quantiles.decode(new ByteReader(writer.finish()));
  expect(Math.abs(read.quantile(0.9) / 850 - 1)).toBeLessThan(0.005);
  expect(Math.abs(read.quantile(0.1) / -350 - 1)).toBeLessThan(0.005);
});
