/**
 * Bots: why an event is taken for one of a program and not of a person, as `context.bot` says it.
 *
 * | reason | seen in |
 * |---|---|
 * | `true`, or a text of its own | the event declares it; `false` declares that there is no bot |
 * | `user-agent` | the User-Agent: a crawler, a library, a monitor |
 * | `headless` | the User-Agent or the client hints: a browser without a window |
 * | `data-centre` | the network of the request: a browser that asks from a server's |
 *
 * The device of a bot is `bot`, so that one condition on a column leaves all of them out. Hints of a request count only where a
 * browser sent the event itself: the network of a server that speaks for its users says nothing of these.
 */
import { HEADLESS, isBrowserAgent } from './user-agent.ts';

/** The reason that a browser's request gives beside its User-Agent; null when it gives none. `asn`: the network, by the platform. */
export function reasonOfRequest(headers: Headers, asn: unknown): string | null {
  if (!isBrowserAgent(headers.get('user-agent'))) return null;
  if (HEADLESS.test(headers.get('sec-ch-ua') ?? '')) return 'headless';
  return typeof asn === 'number' && DATA_CENTRES.has(asn) ? 'data-centre' : null;
}

/**
 * Networks of providers of servers, by the numbers under which they announce their addresses (the registries' public records).
 * Not among them: networks through which people's private relays and companies' proxies leave, such as Cloudflare's and Fastly's.
 */
const DATA_CENTRES: ReadonlySet<number> = new Set([
  14618, // Amazon
  16509, // Amazon
  396982, // Google Cloud
  8075, // Microsoft Azure
  31898, // Oracle Cloud
  36351, // IBM Cloud
  45102, // Alibaba Cloud
  37963, // Alibaba Cloud, China
  132203, // Tencent Cloud
  45090, // Tencent Cloud, China
  136907, // Huawei Cloud
  14061, // DigitalOcean
  63949, // Linode
  20473, // Vultr
  16276, // OVH
  24940, // Hetzner
  213230, // Hetzner Cloud
  12876, // Scaleway
  51167, // Contabo
  60781, // Leaseweb
  28753, // Leaseweb, Germany
  8560, // IONOS
  197540, // netcup
]);
