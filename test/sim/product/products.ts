// Products: the two releases that run beside each other in a simulated world. Their encoders differ, so that equal
// content becomes different bytes (C2).

import { bundleProduct, type Patch } from './build.ts';
import { loadProduct, type Product } from './product-loader.ts';
import { tuning } from './tuning.ts';

/** Bundles the product with seeded bugs, which both releases then have. */
export function bundleProducts(patches: readonly Patch[] = []): Promise<string> {
  return bundleProduct([...tuning(), ...patches]);
}

export function loadProducts(code: string): [Product, Product] {
  return [loadProduct(code, 'product.js', 1), loadProduct(code, 'product-next.js', 2)];
}
