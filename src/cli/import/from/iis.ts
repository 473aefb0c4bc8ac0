/**
 * IIS: the W3C logs of Internet Information Services, separated by spaces; a space within a value is a plus.
 * Reference: https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging
 */
import type { HistoryFormat } from './history.ts';
import { known, Visitors } from './visits.ts';
import { timeOf, w3cMapping } from './w3c-log.ts';

export const iis: HistoryFormat = {
  format: 'lines',
  open() {
    const visitors = new Visitors();
    return w3cMapping(' ', (fields) => {
      const query = known(fields['cs-uri-query']);
      const stem = known(fields['cs-uri-stem']);
      const method = known(fields['cs-method']);
      if (stem === undefined || method === undefined) return null;
      return visitors.eventOf({
        timestamp: timeOf(fields),
        address: known(fields['X-Forwarded-For'])?.split(/[,+]/)[0] ?? fields['c-ip'] ?? '',
        userAgent: known(fields['cs(User-Agent)'])?.replaceAll('+', ' '),
        method,
        url: query === undefined ? stem : `${stem}?${query}`,
        host: known(fields['cs-host']),
        referrer: known(fields['cs(Referer)']),
        userId: known(fields['cs-username']),
        status: Number(fields['sc-status']),
        properties: {
          size_bytes: known(fields['sc-bytes']) === undefined ? undefined : Number(fields['sc-bytes']),
          seconds: known(fields['time-taken']) === undefined ? undefined : Number(fields['time-taken']) / 1_000,
          site: known(fields['s-sitename']),
        },
      });
    });
  },
};
