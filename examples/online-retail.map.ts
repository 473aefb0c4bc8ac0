/**
 * Online Retail (UCI, Chen et al. 2012): one order line of a web shop is one event.
 *
 *   npm run tidemark -- import online_retail.csv.gz --tenant demo --map examples/online-retail.map.ts
 *
 * Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate (ISO 8601, UTC), UnitPrice, CustomerID, Country.
 */
import type { CsvRow, Mapping } from '../src/cli/import/mapping.ts';

export const format = 'csv';

const map: Mapping<CsvRow> = (row) => {
  const quantity = number(row, 'Quantity');
  const unitPrice = number(row, 'UnitPrice');
  return {
    event: eventName(text(row, 'InvoiceNo')),
    // A line without a customer has no person: it counts as an event, never as somebody.
    userId: row.CustomerID || undefined,
    timestamp: text(row, 'InvoiceDate'),
    properties: {
      invoice: row.InvoiceNo,
      StockCode: row.StockCode,
      Description: row.Description,
      Quantity: quantity,
      UnitPrice: unitPrice,
      value: product(quantity, unitPrice),
      Country: row.Country,
    },
  };
};
export default map;

function eventName(invoice: string): string {
  if (invoice.startsWith('C')) return 'Cancel';
  return invoice.startsWith('A') ? 'Adjust' : 'Purchase';
}

/** 3 × 1.1 is 3.3000000000000003 in binary. Prices have up to three decimals, so the product has: cut what is beyond. */
function product(quantity: number, unitPrice: number): number {
  return Math.round(quantity * unitPrice * 10_000) / 10_000;
}

function text(row: CsvRow, column: string): string {
  const value = row[column];
  if (!value) throw new Error(`${column} is empty`);
  return value;
}

function number(row: CsvRow, column: string): number {
  const value = Number(text(row, column));
  if (!Number.isFinite(value)) throw new Error(`${column} "${row[column]}" is no number`);
  return value;
}
