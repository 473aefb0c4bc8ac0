// Products: the two releases that run beside each other in a simulated world. They differ in their encoder: the same content
// becomes other bytes (CORRECTNESS C2).

import { bundleProduct, type Patch } from './build.ts';
import { loadProduct, type Product } from './product-loader.ts';
import { tuning } from './tuning.ts';

/** `patches`: seeded bugs, in both releases. */
export function bundleProducts(patches: readonly Patch[] = []): Promise<string> {
  return bundleProduct([...tuning(), ...patches]);
}

export function loadProducts(code: string): [Product, Product] {
  return [loadProduct(code, 'product.js', 1), loadProduct(code, 'product-next.js', 2)];
}
