/**
 * Amplitude: the raw export (`/api/2/export`), unpacked from its archive: an event a line, in the names of the HTTP API with a few
 * changes. User properties stand in every event as they were then, and are traits only in `$identify`.
 * Reference: https://amplitude.com/docs/apis/analytics/export
 */
import { amplitudeMapping } from '../../../edge/protocols/amplitude/mapping.ts';
import type { HistoryFormat } from './history.ts';
import { mustObject, type Row, throughAdapter, utcOf, withLinks } from './rows.ts';

const adapter = throughAdapter(amplitudeMapping);

export const amplitude: HistoryFormat = {
  format: 'ndjson',
  open: () => withLinks((row, rowNumber) => adapter(asSent(mustObject(row)), rowNumber)),
};

/** The row in the names of the HTTP API. */
function asSent(row: Row): Row {
  const { event_time: time, $insert_id: insertId, uuid, version_name: version, ip_address: ip } = row;
  return { ...row, time: utcOf(time), insert_id: insertId ?? uuid, app_version: version, ip };
}
