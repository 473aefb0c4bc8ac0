// Products: the two releases that run beside each other in a simulated world, bundled once and loaded by each thread.

import { bundleProduct, type Patch } from './build.ts';
import { loadProduct, type Product } from './product-loader.ts';
import { OTHER_ENCODER, tuning } from './tuning.ts';

export interface ProductCode {
  readonly current: string;
  readonly next: string;
}

/** `patches`: seeded bugs, in both releases. */
export async function bundleProducts(patches: readonly Patch[] = []): Promise<ProductCode> {
  const common = [...tuning(), ...patches];
  const [current, next] = await Promise.all([bundleProduct(common), bundleProduct([...common, ...OTHER_ENCODER])]);
  return { current, next };
}

export function loadProducts({ current, next }: ProductCode): [Product, Product] {
  return [loadProduct(current, 'product.js'), loadProduct(next, 'product-next.js')];
}
