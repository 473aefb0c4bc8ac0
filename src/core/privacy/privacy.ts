/**
 * Privacy: a tenant's rules on what is not stored of an event: IP addresses, parameters of URLs, credentials in URLs.
 *
 * - A value under a key that names an address (address-key.ts) is removed, unless the tenant keeps addresses.
 * - A URL (`URL_KEYS`) keeps the parameters of the list alone: those of `URL_PARAMETERS` and the tenant's own. A name that
 *   ends in `*` stands for all that begin so; `*` alone keeps every parameter.
 * - Credentials in URLs are removed from every text. No setting keeps them.
 */
import type { JsonValue } from '../event/event.ts';
import { URL_KEYS, URL_PARAMETERS } from '../limits.ts';
import { isAddressKey } from './address-key.ts';
import { withoutCredentials, withParameters } from './url-text.ts';

/** Changes of a tenant to the rules. */
export interface PrivacyChanges {
  readonly addresses: 'remove' | 'keep';
  /** Parameters of URLs that are kept beside those of the list. */
  readonly urlParameters: readonly string[];
}

export const UNCHANGED_PRIVACY: PrivacyChanges = { addresses: 'remove', urlParameters: [] };

const URLS: ReadonlySet<string> = new Set(URL_KEYS);

/** The rules of a tenant, made once for many events. */
export class Privacy {
  readonly #keepsAddresses: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #beginnings: readonly string[];
  readonly #keeps = (name: string) => this.#names.has(name) || this.#beginnings.some((text) => name.startsWith(text));

  constructor({ addresses, urlParameters }: PrivacyChanges) {
    this.#keepsAddresses = addresses === 'keep';
    const words = [...URL_PARAMETERS, ...urlParameters.map((word) => word.toLowerCase())];
    this.#names = new Set(words.filter((word) => !word.endsWith('*')));
    this.#beginnings = words.filter((word) => word.endsWith('*')).map((word) => word.slice(0, -1));
  }

  /** Tells whether the value under a key is an address that is not stored. Flags and empty values name none. */
  removes(key: string, value: JsonValue | undefined): boolean {
    if (this.#keepsAddresses || !isAddressKey(key)) return false;
    return value != null && value !== '' && typeof value !== 'boolean';
  }

  /** The URL under a key, with the parameters that are kept; any other text as it is. */
  filtered(key: string, text: string): string {
    if (!text.includes('?') && !text.includes('#')) return text;
    return isUrlKey(key) ? withParameters(text, this.#keeps) : text;
  }

  /** The text as it is stored. */
  cleaned(key: string, text: string): string {
    return this.filtered(key, withoutCredentials(text));
  }
}

/** The rules of a tenant that changes nothing. */
export const DEFAULT_PRIVACY = new Privacy(UNCHANGED_PRIVACY);

function isUrlKey(key: string): boolean {
  return URLS.has(key) || URLS.has(key.toLowerCase().replace(/[^a-z]/g, ''));
}
