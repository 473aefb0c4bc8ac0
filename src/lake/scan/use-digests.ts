/**
 * Use profiles: in a reading of events with traits, the files kept of whole blocks take the place of the files of their days.
 *
 * They say the same of traits only if all of these hold, else the block is read day by day:
 * - the reading has the whole block, and its seals are the very ones the files were made from,
 * - nothing else counts for any of its days: no segment that no seal covers, no event in a shard; copies are told by
 *   id, and the files do not have all ids,
 * - no name of an event has expired since: among those left out there may be one that would be the latest now.
 */

import { BLOCK_DAYS, blockOf, sealsText } from '../manifest/digest-span.ts';
import type { KeptProfiles } from '../manifest/digest-store.ts';
import { expiredNames } from '../manifest/dropped.ts';
import type { LakeSegment, ScanPlan } from '../manifest/segments.ts';

/** The segments to be read. `live`: days of events that shards answer for. */
export function withProfiles(
  { segments, days, dropped, profiles }: ScanPlan,
  { dayFrom, dayTo, live }: { readonly dayFrom: number; readonly dayTo: number; readonly live: ReadonlySet<number> },
): readonly LakeSegment[] {
  const files = new Map<number, KeptProfiles[]>();
  for (const each of profiles) files.set(each.block, [...(files.get(each.block) ?? []), each]);
  const touched = new Set([...live].map(blockOf));
  for (const segment of segments) {
    if (segment.source !== 'seal') for (const { day } of segment.days) touched.add(blockOf(day));
  }
  const counting = days.filter(({ day }) => day >= dropped.lake.dayBefore);
  const used = new Set<number>();
  for (const [block, kept] of files) {
    const first = block * BLOCK_DAYS;
    if (first < dayFrom || first + BLOCK_DAYS - 1 > dayTo || touched.has(block)) continue;
    const sealed = counting.filter(({ day }) => blockOf(day) === block);
    const seals = sealsText(sealed);
    const isExpired = sealed.some(({ day, expired }) => expiredNames(dropped, day).some((n) => !expired.includes(n)));
    if (!isExpired && kept.every((each) => each.seals === seals)) used.add(block);
  }
  const left = segments.filter((segment) => !segment.days.some(({ day }) => used.has(blockOf(day))));
  const taken = profiles.filter(({ block, path }) => used.has(block) && path !== '').map(segmentOf);
  return [...left, ...taken];
}

/** As that of a seal: its events are there once. */
function segmentOf({ path, rowCount, sizeBytes, days, footer }: KeptProfiles): LakeSegment {
  const atMinMs = 0;
  const atMaxMs = 0;
  const from = { source: 'seal', incarnation: '', seqFrom: 0, seqTo: 0, rollupIds: [], manifestSeq: 0 } as const;
  return { ...from, path, rowCount, sizeBytes, atMinMs, atMaxMs, days, footer };
}
