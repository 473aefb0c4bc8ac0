/**
 * Online Retail (UCI, Chen et al. 2012): makes an event of each order line of a web shop.
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
    // A line without a customer has no person: it counts as an event, never as a person.
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

/**
 * The product without the error of binary fractions, in which 3 × 1.1 is 3.3000000000000003. Prices have three
 * decimals.
 */
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
  if (!Number.isFinite(value)) throw new Error(`${column} "${row[column]}" is not a number`);
  return value;
}
