/** Lake columns: the columns of an event at rest, in the order in which every file of the lake has them. */
import { STRING_COLUMNS, type StringColumn } from './event.ts';

export const NUMBER_COLUMNS = ['at', 'received_at', 'person', 'key_hash', 'late'] as const;
export type NumberColumn = (typeof NUMBER_COLUMNS)[number];
export type LakeColumn = StringColumn | NumberColumn;

/** Numeric columns that lie before a text column. */
const NUMBERS_BEFORE: { readonly [column in StringColumn]?: readonly NumberColumn[] } = {
  id: ['at', 'received_at'],
  user_id: ['person'],
  properties: ['key_hash', 'late'],
};

/** The sender stands beside the id: readers that compare ids want both. */
const TEXTS_IN_FILE: readonly StringColumn[] = STRING_COLUMNS.filter((column) => column !== 'sender').flatMap(
  (column): StringColumn[] => (column === 'id' ? [column, 'sender'] : [column]),
);

/** All columns in file order: the text columns of an event with the numeric ones between them. */
export const LAKE_COLUMNS: readonly LakeColumn[] = TEXTS_IN_FILE.flatMap((column): LakeColumn[] => [
  ...(NUMBERS_BEFORE[column] ?? []),
  column,
]);
