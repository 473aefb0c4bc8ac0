/**
 * Segment and RudderStack: the events that their storage destinations (S3, GCS, Azure) archive, one a line, as their SDKs have
 * sent them. `timestamp` is corrected for the clock of the device already.
 * Reference: https://segment.com/docs/connections/storage/catalog/amazon-s3/
 */
import { aliasMapping } from '../../../edge/protocols/event-names.ts';
import type { ImportEvent, Mapping } from '../mapping.ts';
import type { HistoryFormat } from './history.ts';
import { mustObject, throughAdapter } from './rows.ts';

const TYPES: ReadonlySet<unknown> = new Set(['track', 'page', 'screen', 'identify', 'group', 'alias']);
const adapter = throughAdapter(aliasMapping);

/** A row of another type, such as a deletion, is no event. */
const map: Mapping<unknown> = (row, rowNumber) => {
  const sent = mustObject(row);
  if (!TYPES.has(sent.type)) return null;
  const { id, type, event, name, userId, anonymousId, groupId, previousId, properties, context, ...times } = adapter(
    sent,
    rowNumber,
  ) as ImportEvent & Record<string, unknown>;
  const timestamp = (times.timestamp ?? times.originalTimestamp ?? times.receivedAt) as string;
  const all = { id, type, event, name, userId, anonymousId, groupId, previousId, timestamp, properties, context };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as ImportEvent;
};

export const segment: HistoryFormat = { format: 'ndjson', open: () => map };
