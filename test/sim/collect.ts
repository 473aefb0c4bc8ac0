// Collect: one request of the native protocol through the product's edge, as an isolate takes it.

import { SimRequest } from './platform/http.ts';
import type { Isolate } from './world/isolate.ts';
import type { World } from './world/world.ts';

export interface SimVerdict {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/** `authenticate` gives the sender's tenant in place of a key. */
export async function collectOn(
  isolate: Isolate,
  world: World,
  http: SimRequest,
  authenticate: () => unknown,
): Promise<SimVerdict> {
  const random = (sizeBytes: number) => {
    const bytes = new Uint8Array(sizeBytes);
    world.random(bytes);
    return bytes;
  };
  const deps = { ...isolate.ports(world), auth: { authenticate }, tenants: isolate.tenants, random };
  const target = { source: 'native', call: isolate.product.nativeEvents, path: '/v1/events' };
  return (await isolate.product.collect(http as never, target, deps as never)).verdict;
}

/** A request with these events. `place`: where it comes from. Default: Germany. */
export function eventsRequest(body: string, place: object = { continent: 'EU', country: 'DE' }): SimRequest {
  return new SimRequest('https://edge/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
    body,
    cf: place,
  });
}
