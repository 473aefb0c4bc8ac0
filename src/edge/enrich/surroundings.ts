/**
 * Surroundings: place and browser of the device behind a request, as the request itself tells them.
 *
 * They describe the device only when the device sent the request. A server that speaks for its users is recognised by the
 * name of its HTTP client, or by an event whose context gives the user's IP address (enrich.ts): the server's place would
 * put all users into one data centre. The IP address itself is neither read nor stored.
 */
import { reasonOfRequest } from './bots.ts';
import type { Pseudonyms } from './pseudonym.ts';
import { isBrowserAgent } from './user-agent.ts';

export interface Surroundings {
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly region: string | null;
  readonly city: string | null;
  /** Null when no browser sent the request. */
  readonly userAgent: string | null;
  /** Why the request is taken for that of a bot, beside its User-Agent; null when nothing says so. */
  readonly bot: string | null;
  /** Ids for events that ask for one. Absent when none of the request does. */
  readonly pseudonyms?: Pseudonyms | undefined;
}

/** HTTP clients that run on servers. okhttp and CFNetwork are missing because phones use them. */
const SERVER_AGENT =
  /^(analytics-|node|posthog-(node|python|ruby|php|go|java|dotnet|elixir)|undici|axios|python|go-http-client|java\/|ruby|faraday|php|guzzle|dart|rust|reqwest|curl|wget)/i;

export function surroundingsOf(request: Request): Surroundings {
  const userAgent = request.headers.get('user-agent');
  const place = SERVER_AGENT.test(userAgent ?? '') ? {} : placeOf(request);
  return {
    country: textOrNull(place.country),
    region: textOrNull(place.region),
    city: textOrNull(place.city),
    userAgent: isBrowserAgent(userAgent) ? userAgent : null,
    bot: reasonOfRequest(request.headers, place.asn),
  };
}

/** The place of the sender, as the platform tells it. On a local stack it is made up or empty. */
export function placeOf(request: Request): { readonly [field: string]: unknown } {
  return (request.cf as { readonly [field: string]: unknown } | undefined) ?? {};
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
