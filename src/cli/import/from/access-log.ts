/**
 * Access log: the `combined` and `common` formats of Apache and nginx, with a virtual host in front or more fields behind.
 *
 *   83.149.9.216 - ann [17/May/2015:10:05:03 +0000] "GET /a?b HTTP/1.1" 200 203023 "http://referrer/" "Mozilla/5.0 …"
 *
 * A connection without a request ("-", or the bytes of another protocol) is skipped. Further fields in quotes, as nginx is often
 * told to write (`"$http_x_forwarded_for"`), are read for one thing: an address there is the visitor's.
 */
import type { HistoryFormat } from './history.ts';
import { known, Visitors } from './visits.ts';

const quoted = String.raw`"((?:[^"\\]|\\.)*)"`;
const LINE = new RegExp(
  String.raw`^(?:(\S+) )?(\S+) (\S+) (\S+(?: \S+)*?) \[([^\][]+)\] ${quoted} (\d{3}) (\d+|-)(?: ${quoted} ${quoted}(.*))?\s*$`,
);
const REQUEST = /^([A-Z][A-Z-]*) (.+?)(?: (HTTP\/[\d.]+))?$/;
const FORWARDED = /"((?:\d{1,3}\.){3}\d{1,3}|(?=[\da-f]*:[\da-f:])[\da-f:]+)(?:,[^"]*)?"/i;

export const accessLog: HistoryFormat = {
  format: 'lines',
  open() {
    const visitors = new Visitors();
    return (line) => {
      const match = LINE.exec(line as string);
      if (match === null) throw new Error('the line is in neither the combined nor the common log format');
      const [, host, first = '', , user, time = '', request = '', status, sizeBytes, referrer, agent, rest = ''] =
        match;
      const [, method, url, protocol] = REQUEST.exec(request) ?? [];
      if (method === undefined || url === undefined) return null;
      return visitors.eventOf({
        timestamp: isoOf(time),
        address: FORWARDED.exec(rest)?.[1] ?? first,
        userAgent: known(agent),
        method,
        url,
        host: host === undefined ? undefined : host.replace(/:\d+$/, ''),
        referrer: known(referrer),
        userId: known(user),
        status: Number(status),
        properties: { protocol, size_bytes: sizeBytes === '-' ? 0 : Number(sizeBytes) },
      });
    };
  },
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;

/** `17/May/2015:10:05:03 +0200` → `2015-05-17T10:05:03+02:00`. */
function isoOf(time: string): string {
  const [, day, monthName = '', year, clock, zoneHours, zoneMinutes] = TIME.exec(time) ?? [];
  const month = MONTHS.indexOf(monthName) + 1;
  if (day === undefined || month === 0) throw new Error(`"${time}" is not a time of an access log`);
  return `${year}-${String(month).padStart(2, '0')}-${day}T${clock}${zoneHours}:${zoneMinutes}`;
}
