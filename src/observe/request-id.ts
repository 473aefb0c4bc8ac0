/**
 * Request id: the name under which the log and the answer speak of one request.
 *
 * Cloudflare's edge names every request in `cf-ray`; elsewhere a random UUID is drawn. It is asked for only when a
 * request has failed, so an ordinary request pays nothing for it.
 */
export const REQUEST_ID_HEADER = 'x-request-id';

const RAY_PATTERN = /^[0-9A-Za-z-]{8,64}$/;

export function requestIdOf(headers: Headers): string {
  const ray = headers.get('cf-ray');
  return ray !== null && RAY_PATTERN.test(ray) ? ray : crypto.randomUUID();
}
