/**
 * PostHog: the events of a batch export (JSON lines, or CSV) or of the export of a list of events. Properties may be a text of JSON.
 * Reference: https://posthog.com/docs/cdp/batch-exports
 */

import { objectOf } from '../../../edge/protocols/kit/loose.ts';
import { posthogMapping } from '../../../edge/protocols/posthog/mapping.ts';
import type { HistoryFormat } from './history.ts';
import { jsonOf, mustObject, type Row, throughAdapter, utcOf } from './rows.ts';

const adapter = throughAdapter(posthogMapping);

export const posthog: HistoryFormat = {
  open: () => (row, rowNumber) => adapter(asSent(mustObject(row)), rowNumber),
};

function asSent(row: Row): Row {
  const { uuid, event, distinct_id, timestamp, properties, set, set_once } = row;
  return {
    uuid,
    event,
    distinct_id,
    timestamp: utcOf(timestamp),
    properties: objectOf(jsonOf(properties)),
    $set: jsonOf(set),
    $set_once: jsonOf(set_once),
  };
}
