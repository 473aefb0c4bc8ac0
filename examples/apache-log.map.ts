/**
 * Apache "combined" log: makes a page event of each request.
 *
 *   npm run tidemark -- import access.log.gz --tenant demo --map examples/apache-log.map.ts
 *
 *   83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a?b HTTP/1.1" 200 203023 "http://referrer/" "Mozilla/5.0 …"
 *
 * The events hold no address: the visitor is a hash of the address and the user agent. With this constant salt the hash
 * is a pseudonym and does not make the visitor anonymous, because anyone with the log can compute it. Choose a secret
 * salt, or a new one each day.
 */
import { createHash } from 'node:crypto';
import type { ImportEvent, Mapping } from '../src/cli/import/mapping.ts';

export const format = 'lines';

const salt = 'tidemark-example';

const quoted = String.raw`"((?:[^"\\]|\\.)*)"`;
const combined = new RegExp(
  String.raw`^(\S+) \S+ [^[]*\[([^\][]+)\] ${quoted} (\d{3}) (\d+|-) ${quoted} ${quoted}\s*$`,
);

const map: Mapping<string> = (line): ImportEvent => {
  const match = combined.exec(line);
  if (!match) throw new Error('the line is not in the combined log format');
  const [, address = '', time = '', request = '', status, bytes, referrer, agent] = match.map((part) => part ?? '');
  const [method = '', url = '', protocol = ''] = request.split(' ');
  const userAgent = known(agent);
  return {
    type: 'page',
    anonymousId: createHash('sha256').update(`${salt}\n${address}\n${agent}`).digest('hex').slice(0, 24),
    timestamp: toIso(time),
    properties: { method, protocol, status: Number(status), bytes: bytes === '-' ? 0 : Number(bytes) },
    context: {
      page: { url, path: url.split(/[?#]/)[0] || '/', referrer: known(referrer) },
      userAgent,
    },
  };
};
export default map;

/** The value; undefined for `-`, which the log writes for an unknown value. */
function known(value: string | undefined): string | undefined {
  return value === '-' || value === '' ? undefined : value;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const logTime = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;

/** `17/May/2015:10:05:03 +0200` → `2015-05-17T10:05:03+02:00`. */
function toIso(time: string): string {
  const [, day, monthName = '', year, clock, zoneHours, zoneMinutes] = logTime.exec(time) ?? [];
  const month = months.indexOf(monthName) + 1;
  if (!day || month === 0) throw new Error(`"${time}" is not a time of an Apache log`);
  return `${year}-${String(month).padStart(2, '0')}-${day}T${clock}${zoneHours}:${zoneMinutes}`;
}
