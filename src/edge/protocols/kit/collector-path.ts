/**
 * Collector path: `/k/<browser key>` before the path of a vendor whose client sends no key. The client is told
 * `https://host/k/<key>` in the place of its host. Only a browser key may stand there, because URLs are logged.
 */
import { keyOf } from '../../../http/authenticate.ts';
import type { RequestHead } from '../../request/head.ts';

const PREFIX = '/k/:key';

/** The paths of a call, each with and without the prefix. */
export function collectorPaths(...paths: readonly string[]): string[] {
  return paths.flatMap((path) => [path, `${PREFIX}${path}`]);
}

/** The place of the key of a call: the path, else the headers. */
export const COLLECTOR_KEY = {
  keyOf: ({ params, headers }: RequestHead): string | null => params.key ?? keyOf(headers),
  keyIsInUrl: ({ params }: RequestHead): boolean => params.key !== undefined,
};

/** The key in the place of a vendor's name of a site; undefined for any other value. */
export function siteKey(site: unknown): string | undefined {
  return typeof site === 'string' && site.startsWith('tm_') ? site : undefined;
}
