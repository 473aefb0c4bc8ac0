/**
 * Profile: one person, from all their events: traits, first and last seen, touches, counts by name, ids.
 *
 * steps: the ids that are this person → their events alone → fold
 * A sealed file is sorted by person, so one row group of each day is read.
 */
import { LIMITS } from '../../core/limits.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { RowBudget } from '../../lake/scan/row-budget.ts';
import { personSet } from '../../lake/segment/people-bounds.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { openView } from '../open/open-view.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { scanLakeView } from '../view/scan-view.ts';
import { personIds } from './person-ids.ts';
import { type Profile, ProfileFold } from './profile-fold.ts';

export type { Profile } from './profile-fold.ts';

export interface ProfileReading {
  /** null when no event of the person is stored. */
  readonly profile: Profile | null;
  readonly view: LakeView;
  readonly scannedEvents: number;
}

const NO_NAMES: ReadonlySet<string> = new Set();
const IDENTITY = { identity: true, traits: NO_NAMES, cohorts: NO_NAMES } as const;

/** `id`: any id of the person. */
export async function readProfile(asking: Asking, id: string): Promise<Result<ProfileReading, LakeRefusal>> {
  const fold = new ProfileFold();
  const anyTime = { startMs: 0, endMs: asking.nowMs + 2 * LIMITS.futureClampMs };
  const opened = await openView(asking, { ...anyTime, columns: fold.columns, asks: IDENTITY });
  if (!opened.ok) return opened;
  const { people, ...unlinked } = opened.value;
  const ids = personIds(asking.tenant.hashKey, id, people?.linked ?? null);
  // One scan reads all ids, because an event that came under two of them counts once. It need not follow links.
  const rowsRequest = {
    wanted: new Set<LakeColumn>([...fold.columns, 'person', 'received_at']),
    people: personSet(ids.hashes),
    rowsMax: LIMITS.profileRowsMax,
    budget: new RowBudget(LIMITS.profileReadRowsMax),
  };
  const scanned = await scanLakeView(asking, unlinked, rowsRequest, (batch, rows) => fold.add(batch, rows, ids));
  if (!scanned.ok) return scanned;
  return ok({ profile: fold.finish(ids), view: opened.value, scannedEvents: scanned.value.scannedRowCount });
}
