/**
 * Mixpanel: the raw export (`/api/2.0/export`): the events of the tracking API, one a line. Their times are seconds of UTC in
 * projects of 2023 and later, and of the project's time zone in older ones.
 * Reference: https://docs.mixpanel.com/docs/export-methods
 */
import { eventMapping } from '../../../edge/protocols/mixpanel/events.ts';
import type { HistoryFormat } from './history.ts';
import { throughAdapter, withLinks } from './rows.ts';

export const mixpanel: HistoryFormat = {
  format: 'ndjson',
  open: () => withLinks(throughAdapter(eventMapping)),
};
