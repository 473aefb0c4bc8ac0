/**
 * Block: 32 days whose traits are kept together. What is kept of it is known by the seals it was made from.
 */
import { hashHex } from '../../core/std/hash.ts';

export const BLOCK_DAYS = 32;

export function blockOf(day: number): number {
  return Math.floor(day / BLOCK_DAYS);
}

/** Revision by day, as text, the same whoever writes it. Days are whole and positive, so an object has them in order. */
export function sealsText(days: readonly { readonly day: number; readonly revision: number }[]): string {
  return JSON.stringify(Object.fromEntries(days.map(({ day, revision }) => [day, revision])));
}

/** Of the same seals and buckets the same file, of others another. */
export function profilesPath(
  folder: string,
  block: number,
  { bucket, bucketCount }: { readonly bucket: number; readonly bucketCount: number },
  seals: string,
): string {
  return `${folder}profiles/${block}-${bucket}-${hashHex(`profiles 1 of ${bucketCount} ${seals}`)}.parquet`;
}
