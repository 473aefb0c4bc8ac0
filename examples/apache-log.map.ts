/**
 * Apache "combined" log: makes a page event of each request.
 *
 *   npm run tidemark -- import access.log.gz --tenant demo --map examples/apache-log.map.ts
 *
 *   83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a?b HTTP/1.1" 200 203023 "http://referrer/" "Mozilla/5.0 …"
 *
 * The virtual host may stand in front, as in `vhost_combined`. A connection without a request ("-", or the bytes of another
 * protocol) is no view of a page and is skipped.
 *
 * The events hold no address: the visitor is a hash of the address and the user agent. With this constant salt the hash
 * is a pseudonym and does not make the visitor anonymous, because anyone with the log can compute it. Choose a secret
 * salt, or a new one each day.
 */
import { createHash } from 'node:crypto';
import type { ImportEvent, Mapping } from '../src/cli/import/mapping.ts';

export const format = 'lines';

const salt = 'tidemark-example';

/**
 * The hosts of the site itself: a referrer from there is no source of traffic. A log with the virtual host in front tells
 * them by itself. This one is the site of Elastic's public example log; put yours in its place.
 */
const ownHosts = ['semicomplete.com'];

const quoted = String.raw`"((?:[^"\\]|\\.)*)"`;
const combined = new RegExp(
  String.raw`^((\S+) (\S+) .*?)\[([^\][]+)\] ${quoted} (\d{3}) (\d+|-) ${quoted} ${quoted}\s*$`,
);
const requestLine = /^([A-Z][A-Z-]*) (.+?)(?: (HTTP\/[\d.]+))?$/;

const map: Mapping<string> = (line): ImportEvent | null => {
  const match = combined.exec(line);
  if (!match) throw new Error('the line is not in the combined log format');
  const [, before = '', first = '', second = '', time = '', request = '', status, bytes, referrer, agent] = match.map(
    (part) => part ?? '',
  );
  const [, method, url, protocol = ''] = requestLine.exec(request) ?? [];
  if (method === undefined || url === undefined) return null;
  const hasVirtualHost = isAddress(second) && words(before).length >= 4;
  const address = hasVirtualHost ? second : first;
  const userAgent = known(agent);
  return {
    type: 'page',
    anonymousId: createHash('sha256').update(`${salt}\n${address}\n${agent}`).digest('hex').slice(0, 24),
    timestamp: toIso(time),
    properties: { method, protocol, status: Number(status), bytes: bytes === '-' ? 0 : Number(bytes) },
    context: {
      page: {
        url: hasVirtualHost && url.startsWith('/') ? originOf(first) + url : url,
        path: pathOf(url),
        referrer: isOwn(referrer ?? '') ? undefined : known(referrer),
      },
      userAgent,
    },
  };
};
export default map;

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/**
 * Whether the second word is an address or the name of a host, so that a virtual host stands in front. Without one it is the
 * name that the client's ident service tells: `-` almost always, and no address even when it has a dot.
 */
function isAddress(word: string): boolean {
  return /^[\da-f]*:[\da-f:.]+$/i.test(word) || /^[\w-]+(\.[\w-]+)+$/.test(word);
}

/** `shop.example:443` → `https://shop.example`. The log does not tell the scheme of another port. */
function originOf(virtualHost: string): string {
  return virtualHost.endsWith(':443') ? `https://${virtualHost.slice(0, -':443'.length)}` : `http://${virtualHost}`;
}

/** The path of `/a?b` and of `http://host/a?b`, as a proxy asks. */
function pathOf(url: string): string {
  const bare = url.split(/[?#]/)[0] as string;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(bare) ? bare.replace(/^[^:]+:\/\/[^/]*/, '') || '/' : bare || '/';
}

function isOwn(referrer: string): boolean {
  const host = /^https?:\/\/([^/?#:]+)/i.exec(referrer)?.[1]?.toLowerCase() ?? '';
  return ownHosts.some((own) => host === own || host.endsWith(`.${own}`));
}

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
