/**
 * Use digests: in a reading of events with traits, the trait digests of whole spans take the place of the files of their days.
 *
 * They say the same about traits only if all of these hold; otherwise the span is read day by day:
 * - the reading has the whole span, and its seals are the very ones the digests were made from,
 * - nothing else counts for any of its days: no segment that no seal covers, no event in a shard. Copies are told by id, and
 *   the digests do not have all ids,
 * - no name of an event has expired since: an event that was left out may be the latest one now.
 */
import { SPAN_DAYS, sealsText, spanOf } from '../manifest/digest-span.ts';
import type { TraitDigest } from '../manifest/digest-store.ts';
import { expiredNames } from '../manifest/dropped.ts';
import type { LakeSegment, ScanPlan } from '../manifest/segments.ts';

/** The segments to be read. `live`: days with events that shards answer for. */
export function withDigests(
  { segments, days, dropped, digests }: ScanPlan,
  { dayFrom, dayTo, live }: { readonly dayFrom: number; readonly dayTo: number; readonly live: ReadonlySet<number> },
): readonly LakeSegment[] {
  const touched = new Set([...live].map(spanOf));
  for (const segment of segments) {
    if (segment.source !== 'seal') for (const { day } of segment.days) touched.add(spanOf(day));
  }
  const counting = days.filter(({ day }) => day >= dropped.lake.dayBefore);
  const used = new Set<number>();
  for (const [span, files] of Map.groupBy(digests, (digest) => digest.span)) {
    const first = span * SPAN_DAYS;
    if (first < dayFrom || first + SPAN_DAYS - 1 > dayTo || touched.has(span)) continue;
    const sealed = counting.filter(({ day }) => spanOf(day) === span);
    const seals = sealsText(sealed);
    const isExpired = sealed.some(({ day, expired }) => expiredNames(dropped, day).some((n) => !expired.includes(n)));
    if (!isExpired && files.every((file) => file.seals === seals)) used.add(span);
  }
  const left = segments.filter((segment) => !segment.days.some(({ day }) => used.has(spanOf(day))));
  const taken = digests.filter(({ span, path }) => used.has(span) && path !== '').map(asSegment);
  return [...left, ...taken];
}

/** The digest as a segment of a seal: it holds each of its events once. */
function asSegment({ path, rowCount, sizeBytes, days, footer }: TraitDigest): LakeSegment {
  const atMinMs = 0;
  const atMaxMs = 0;
  const from = { source: 'seal', incarnation: '', seqFrom: 0, seqTo: 0, manifestSeq: 0 } as const;
  return { ...from, path, rowCount, sizeBytes, atMinMs, atMaxMs, days, footer };
}
