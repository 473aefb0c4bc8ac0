/**
 * Nearest region: the one of a tenant's regions that takes a request, by the place that the platform tells.
 *
 * A tenant with one region, the default, needs no choice. Among several, the nearest to the sender's place wins. When only
 * the continent is known, its middle stands for the place; when nothing is known (a local stack), the home region takes the
 * request. The choice is made once, before the first try, and stays when the region fails: a copy of an event might already
 * be there.
 */
import type { Region } from '../core/tenant/region.ts';
import type { Tenant } from '../core/tenant/tenant.ts';

/** The place of a request's sender, as the platform tells it in `request.cf`. */
export interface Place {
  readonly latitude?: unknown;
  readonly longitude?: unknown;
  readonly continent?: unknown;
}

type Point = readonly [latitude: number, longitude: number];

/** The rough place of the platform's data centres, by location hint. */
const POINT_OF_REGION: Readonly<Record<Region, Point>> = {
  wnam: [37, -122],
  enam: [40, -75],
  sam: [-23, -46],
  weur: [50, 4],
  eeur: [50, 20],
  apac: [22, 114],
  'apac-ne': [36, 140],
  'apac-se': [1, 104],
  oc: [-34, 151],
  afr: [-26, 28],
  me: [25, 55],
};

const POINT_OF_CONTINENT: Readonly<Record<string, Point>> = {
  NA: [40, -95],
  SA: [-15, -58],
  EU: [50, 10],
  AS: [30, 105],
  OC: [-27, 140],
  AF: [2, 20],
  AN: [-75, 0],
};

export function nearestRegion(tenant: Pick<Tenant, 'regions'>, place: Place | undefined): string {
  const [home] = tenant.regions;
  if (tenant.regions.length === 1) return home;
  const point = pointOf(place);
  if (point === null) return home;
  let nearest = home;
  let least = Number.POSITIVE_INFINITY;
  for (const region of tenant.regions) {
    const distance = chordSquared(point, POINT_OF_REGION[region as Region]);
    if (distance < least) [nearest, least] = [region, distance];
  }
  return nearest;
}

function pointOf(place: Place | undefined): Point | null {
  if (place === undefined) return null;
  const latitude = Number.parseFloat(String(place.latitude));
  const longitude = Number.parseFloat(String(place.longitude));
  if (Number.isFinite(latitude) && Number.isFinite(longitude)) return [latitude, longitude];
  return POINT_OF_CONTINENT[String(place.continent)] ?? null;
}

/** A measure that grows with the distance on the globe. Infinite for an unknown region. */
function chordSquared(a: Point, b: Point | undefined): number {
  if (b === undefined) return Number.POSITIVE_INFINITY;
  const [ax, ay, az] = unitVector(a);
  const [bx, by, bz] = unitVector(b);
  return (ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2;
}

function unitVector([latitude, longitude]: Point): readonly [number, number, number] {
  const phi = (latitude * Math.PI) / 180;
  const lambda = (longitude * Math.PI) / 180;
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}
