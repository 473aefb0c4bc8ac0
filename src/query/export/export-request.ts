/** Export request: the events that an export holds and the form they have. */
import { conditionProperties } from '../../core/event/condition.ts';
import { propertyColumns } from '../../core/event/property.ts';
import type { ExportColumn } from '../../core/export/values.ts';
import type { Query } from '../../core/query/question/request.ts';
import { RowSource } from '../../core/query/rows/row-source.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { ExportFormat } from '../../wire/export.ts';

export interface ExportRequest {
  readonly id: string;
  readonly format: ExportFormat;
  readonly columns: readonly ExportColumn[];
  readonly range: Pick<Query, 'startMs' | 'endMs' | 'where' | 'allowUnknown'>;
}

/** The facts about people that the filter needs, and the names of the properties that it reads. */
export function filterReads({ range: { where } }: ExportRequest): Pick<RowSource, 'asks' | 'names' | 'events'> {
  const source = new RowSource();
  if (where !== null) source.test(where);
  return source;
}

/** The columns that are read of every event: those of the file, those that the filter looks at, and the event's name. */
export function columnsRead(request: ExportRequest): Set<LakeColumn> {
  const { where } = request.range;
  const filtered = where === null ? [] : conditionProperties(where).flatMap(propertyColumns);
  const columns = new Set<LakeColumn>([...request.columns, ...filtered, 'event']);
  return filterReads(request).asks.identity ? columns.add('person') : columns;
}
