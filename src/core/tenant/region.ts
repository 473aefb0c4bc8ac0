/**
 * Region: the place where a shard lives, a location hint of the platform. Best effort: the first call to an object
 * decides.
 */
export const REGIONS = [
  'wnam',
  'enam',
  'sam',
  'weur',
  'eeur',
  'apac',
  'apac-ne',
  'apac-se',
  'oc',
  'afr',
  'me',
] as const;
export type Region = (typeof REGIONS)[number];

/** Home of a tenant that names none. */
export const DEFAULT_REGION: Region = 'weur';
