/**
 * Profile: one person, from all their events: traits, first and last seen, touches, counts by name, ids.
 *
 * steps: the ids that are this person, as a user's or a device's name → their events alone → fold
 * A sealed file is sorted by person, so one row group of each day is read.
 */
import type { EventColumns } from '../../core/event/columns.ts';
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
import { type PersonIds, peopleNamed } from './person-ids.ts';
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

/** `id`: any id of the person. Where it names both a user and a device that is not the user's, the user is meant. */
export async function readProfile(asking: Asking, id: string): Promise<Result<ProfileReading, LakeRefusal>> {
  const anyTime = { startMs: 0, endMs: asking.nowMs + 2 * LIMITS.futureClampMs };
  const opened = await openView(asking, { ...anyTime, columns: new ProfileFold().columns, asks: IDENTITY });
  if (!opened.ok) return opened;
  const { people, ...unlinked } = opened.value;
  const { user, device } = peopleNamed(asking.tenant.hashKey, id, people?.linked ?? null);
  const folds = [user, ...(device === null ? [] : [device])].map((ids) => new PersonFold(ids));
  // One scan reads all ids, because an event that came under two of them counts once. It need not follow links.
  const rowsRequest = {
    wanted: new Set<LakeColumn>([...folds[0]!.columns, 'person', 'received_at']),
    people: personSet(folds.flatMap(({ ids }) => ids.hashes)),
    rowsMax: LIMITS.profileRowsMax,
    budget: new RowBudget(LIMITS.profileReadRowsMax),
  };
  const scanned = await scanLakeView(asking, unlinked, rowsRequest, (batch, rows) => {
    for (const fold of folds) fold.add(batch, rows);
  });
  if (!scanned.ok) return scanned;
  const profile = folds.map((fold) => fold.finish()).find((each) => each !== null) ?? null;
  return ok({ profile, view: opened.value, scannedEvents: scanned.value.scannedRowCount });
}

/** The profile of one of the people whose rows a scan reads. */
class PersonFold {
  readonly ids: PersonIds;
  readonly #fold = new ProfileFold();
  readonly #hashes: ReadonlySet<bigint>;

  constructor(ids: PersonIds) {
    this.ids = ids;
    this.#hashes = new Set(ids.hashes);
  }

  get columns(): ProfileFold['columns'] {
    return this.#fold.columns;
  }

  add(batch: EventColumns, rows: Uint32Array): void {
    const own = rows.filter((row) => this.#hashes.has(batch.person[row]!));
    if (own.length > 0) this.#fold.add(batch, own, this.ids);
  }

  finish(): Profile | null {
    return this.#fold.finish(this.ids);
  }
}
