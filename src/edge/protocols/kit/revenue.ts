/**
 * Revenue: the amount of an order, from what vendors say of it: a revenue, or a price and a quantity.
 */

/** The revenue, else price times quantity. Undefined when neither can be told. `quantity` defaults to 1. */
export function revenueOf(revenue: unknown, price: unknown, quantity: unknown): number | undefined {
  if (isAmount(revenue)) return revenue;
  if (!isAmount(price)) return undefined;
  const amount = price * (isAmount(quantity) ? quantity : 1);
  return Number.isFinite(amount) ? amount : undefined;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
