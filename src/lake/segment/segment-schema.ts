/**
 * Segment schema: the columns of every Parquet segment of the lake, in file order, hot ones first, so that a query
 * reads few ranges.
 *
 * Every segment has all of them, whatever its events hold, so that other readers see one schema. An all-null column
 * costs a few bytes. `at` and `received_at` are timestamps in milliseconds, UTC; `person` is null where the event has
 * none, `key_hash` where it is the person. Sealed segments have columns of chosen properties too (typed-columns.ts),
 * before the JSON. A column that comes into the schema later is null in older files; the footer of a file lists the
 * columns it has.
 */
import type { SchemaElement } from 'hyparquet';
import type { TypedColumn } from '../../core/event/columns.ts';
import { LAKE_COLUMNS, type LakeColumn, NUMBER_COLUMNS, type NumberColumn } from '../../core/event/lake-columns.ts';
import { typedName } from './typed-columns.ts';

export { LAKE_COLUMNS, type LakeColumn } from '../../core/event/lake-columns.ts';

export const ALL_LAKE_COLUMNS: ReadonlySet<LakeColumn> = new Set(LAKE_COLUMNS);

export function isNumberColumn(column: LakeColumn): column is NumberColumn {
  return (NUMBER_COLUMNS as readonly string[]).includes(column);
}

const TIMESTAMP: Partial<SchemaElement> = {
  type: 'INT64',
  repetition_type: 'REQUIRED',
  converted_type: 'TIMESTAMP_MILLIS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
};
const TEXT: Partial<SchemaElement> = {
  type: 'BYTE_ARRAY',
  repetition_type: 'OPTIONAL',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
};
const NUMBERS: Record<NumberColumn, Partial<SchemaElement>> = {
  at: TIMESTAMP,
  received_at: TIMESTAMP,
  person: { type: 'INT64', repetition_type: 'OPTIONAL' },
  key_hash: { type: 'INT64', repetition_type: 'OPTIONAL' },
  late: { type: 'INT32', repetition_type: 'REQUIRED' },
};

const TYPED: Record<TypedColumn['type'], Partial<SchemaElement>> = {
  number: { type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  boolean: { type: 'BOOLEAN', repetition_type: 'OPTIONAL' },
  text: TEXT,
};
/** The JSON column that the columns of properties lie before, and that they save reading. */
export const TYPED_BEFORE: LakeColumn = 'properties';

/** Columns that every segment has. */
export const PARQUET_SCHEMA: readonly SchemaElement[] = [
  { name: 'events', num_children: LAKE_COLUMNS.length },
  ...LAKE_COLUMNS.map((name): SchemaElement => ({ name, ...(isNumberColumn(name) ? NUMBERS[name] : TEXT) })),
];

/** Returns the schema. `typed` gives the type of each property that has a column, in their order. */
export function parquetSchema(typed: ReadonlyMap<string, Pick<TypedColumn, 'type'>>): SchemaElement[] {
  const columns = LAKE_COLUMNS.flatMap((name): SchemaElement[] => {
    const own = { name, ...(isNumberColumn(name) ? NUMBERS[name] : TEXT) };
    if (name !== TYPED_BEFORE) return [own];
    return [...[...typed].map(([property, { type }]) => ({ name: typedName(property), ...TYPED[type] })), own];
  });
  return [{ name: 'events', num_children: columns.length }, ...columns];
}
