/**
 * CloudFront: the standard logs of Amazon CloudFront: W3C, separated by tabs, with escapes of URLs in their values.
 * Reference: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html
 */
import type { HistoryFormat } from './history.ts';
import { known, Visitors } from './visits.ts';
import { type LogFields, timeOf, w3cMapping } from './w3c-log.ts';

export const cloudfront: HistoryFormat = {
  format: 'lines',
  open() {
    const visitors = new Visitors();
    return w3cMapping('\t', (fields) => {
      const query = known(fields['cs-uri-query']);
      const stem = known(fields['cs-uri-stem']);
      const method = known(fields['cs-method']);
      if (stem === undefined || method === undefined) return null;
      return visitors.eventOf({
        id: known(fields['x-edge-request-id']),
        timestamp: timeOf(fields),
        address: known(fields['x-forwarded-for'])?.split(',')[0] ?? fields['c-ip'] ?? '',
        userAgent: known(unescaped(fields['cs(User-Agent)'])),
        method,
        url: query === undefined ? stem : `${stem}?${unescaped(query)}`,
        host: known(fields['x-host-header']) ?? known(fields['cs(Host)']),
        referrer: known(unescaped(fields['cs(Referer)'])),
        status: Number(fields['sc-status']),
        properties: propertiesOf(fields),
      });
    });
  },
};

function propertiesOf(fields: LogFields) {
  return {
    protocol: known(fields['cs-protocol-version']),
    size_bytes: Number(known(fields['sc-bytes']) ?? 0),
    seconds: Number(known(fields['time-taken']) ?? 0),
    edge: known(fields['x-edge-location']),
    result: known(fields['x-edge-result-type']),
  };
}

/** CloudFront escapes a value, and the per cent signs of an escape that was there: `%2520` is a space. */
function unescaped(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('%')) return text;
  try {
    return decodeURIComponent(text.replaceAll('%25', '%'));
  } catch {
    return text;
  }
}
