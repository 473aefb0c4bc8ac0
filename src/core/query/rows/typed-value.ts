/**
 * Typed value: the value of a row in a property's own column, as the JSON would give it; undefined when it is absent.
 */
import type { TypedColumn } from '../../event/columns.ts';

export function typedValue(column: TypedColumn, row: number): number | boolean | string | undefined {
  switch (column.type) {
    case 'number': {
      const value = column.values[row]!;
      return Number.isNaN(value) ? undefined : value;
    }
    case 'boolean': {
      const value = column.values[row]!;
      return value === 0 ? undefined : value === 2;
    }
    case 'text':
      return column.texts.entries[column.texts.codes[row]!] ?? undefined;
  }
}
