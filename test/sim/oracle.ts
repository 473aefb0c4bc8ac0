// Oracle: the checks after the faults have ended and the system has come to rest (G1, G2, G5, F1, F2).
//
// - The ids of the lake: acknowledged ⊆ counted ⊆ sent.
// - Every answer equals a count by hand over exactly those ids.
// - The accounts add up, and nothing waits to be stored or sealed.

import { DAY_MS } from '../../src/core/limits.ts';
import type { QueryAnswer } from '../../src/query/ask/execute.ts';
import type { SimTenant } from './clients.ts';
import { ask, type Question } from './questions.ts';
import { dayOf, eventKey, isBot, type Ledger, type SentEvent, type SentVersion, type WireEvent } from './sent.ts';
import type { World } from './world/world.ts';

/** An event as a file of the lake has it. */
interface LakeRow {
  readonly id: string;
  readonly atMs: number;
  readonly sender: string | null;
  readonly event: string | null;
  readonly person: string | null;
  readonly anonymousId?: string;
  readonly sentAs?: 'browser';
  readonly isBot: boolean;
  readonly slot: string;
  readonly amountCents: number;
}

export async function checkAtRest(world: World, tenant: SimTenant): Promise<void> {
  const rows = await readLake(world, tenant);
  if (rows === null) return;
  checkSets(world, tenant, rows);
  checkStored(world, tenant);
  checkSeals(world, tenant);
  checkAccounts(world, tenant, rows);
  await checkAnswers(world, tenant, rows);
}

/** Reads the files that the manifest lists, with the product's file reader and without its query code. */
async function readLake(world: World, { uid }: SimTenant): Promise<LakeRow[] | null> {
  const [product] = world.products;
  const db = world.database as unknown as D1Database;
  const { segments } = await product.readScanPlan(db, { uid, dayFrom: -1e6, dayTo: 1e6 });
  const open = segments.filter(({ source }) => source !== 'seal');
  if (open.length > 0) {
    const days = [...new Set(open.flatMap((segment) => segment.days.map(({ day }) => day)))];
    world.violate(
      'G5',
      `${uid}: days ${days.map(dayText)} are not sealed: ${open.map(({ path }) => path).slice(0, 5)}`,
    );
    return null;
  }
  const columns = new Set(['at', 'id', 'sender', 'event', 'user_id', 'anonymous_id', 'device', 'properties'] as const);
  const rows: LakeRow[] = [];
  for (const { path } of segments) {
    const object = await world.bucket.get(path);
    if (object === null) {
      world.violate('C2', `${path} is in the manifest and not in the bucket`);
      continue;
    }
    const source = product.bytesSource(await object.bytes());
    for await (const { rowCount, at, strings } of product.readSegment(source, { columns })) {
      for (let i = 0; i < rowCount; i++) {
        const { slot, amount } = JSON.parse(strings.properties![i]!);
        rows.push({
          id: strings.id![i]!,
          atMs: at[i]!,
          sender: strings.sender![i]!,
          event: strings.event![i]!,
          ...(strings.sender![i] === 'browser' && {
            sentAs: 'browser' as const,
            anonymousId: strings.anonymous_id![i]!,
          }),
          person: strings.user_id![i] ?? strings.anonymous_id![i] ?? null,
          isBot: strings.device![i] === 'bot',
          slot,
          amountCents: Math.round(amount * 100),
        });
      }
    }
  }
  return rows;
}

function checkSets(world: World, { uid, ledger }: SimTenant, rows: readonly LakeRow[]): void {
  const counted = new Set<string>();
  for (const row of rows) {
    const key = eventKey(row);
    if (counted.has(key)) world.violate('G1', `${uid}: ${key} is in the lake twice`);
    counted.add(key);
    const sent = ledger.events.get(key);
    if (sent === undefined) world.violate('G1', `${uid}: ${row.id} was never sent`);
    else checkRow(world, ledger, row, sent);
  }
  const imported = new Map<string, SentVersion>();
  for (const version of ledger.finishedVersions()) for (const id of version.rows.keys()) imported.set(id, version);
  const lost: string[] = [];
  for (const { wire, ackedAtMs, regions } of ledger.events.values()) {
    const isImported = wire.sentAs === undefined && imported.has(wire.id);
    const isCounted = counted.has(eventKey(wire));
    if ((ackedAtMs !== null || isImported) && !isCounted) lost.push(wire.id);
    if (regions.size === 0 && !isImported && isCounted)
      world.violate('J1', `${uid}: ${wire.id} is counted, and no version that counts has it`);
  }
  if (lost.length > 0) world.violate('G1', `${uid}: ${lost.length} acknowledged events are lost: ${lost.slice(0, 5)}`);
}

function checkRow(world: World, ledger: Ledger, row: LakeRow, sent: SentEvent): void {
  const { uid } = ledger;
  const { wire, ackedAtMs, regions, atMsMin, atMsMax } = sent;
  const copies = ledger.finishedVersions().flatMap(({ rows }) => rows.get(row.id) ?? []);
  if (regions.size > 0) copies.push(wire);
  if (!copies.some((copy) => isRowOf(row, copy))) {
    world.violate('G1', `${uid}: ${row.id} was sent as ${JSON.stringify(wire)} and stored as ${JSON.stringify(row)}`);
  }
  // All copies of an event that an import repeats are of one day.
  const isLive = ackedAtMs !== null && row.sender !== (wire.sentAs ?? 'server');
  const isWrongSender = isLive || (regions.size === 0 && row.sender !== 'import');
  if (isWrongSender)
    world.violate('B7', `${uid}: of ${row.id} the row of ${row.sender} counts: ${JSON.stringify(sent)}`);
  if (row.atMs < atMsMin || row.atMs > atMsMax) {
    world.violate('E1', `${uid}: ${row.id} is at ${row.atMs}; its copies lie between ${atMsMin} and ${atMsMax}`);
  }
}

function isRowOf(row: LakeRow, wire: WireEvent): boolean {
  const { properties, event, userId, anonymousId } = wire;
  const isOfPerson = row.person === (userId ?? anonymousId ?? null);
  const isSame = row.event === (event ?? null) && isOfPerson && row.isBot === isBot(wire);
  return isSame && row.slot === properties.slot && row.amountCents === Math.round(properties.amount * 100);
}

/** Checks that every flush is stored and confirmed, so that no shard holds anything. */
function checkStored(world: World, { uid }: SimTenant): void {
  for (const object of world.objects.values()) {
    if (!object.name.startsWith(`shard ${uid}/`)) continue;
    const { sql } = object.storage.handle(() => true);
    const waiting = sql.exec('SELECT COUNT(*) AS n FROM outbox').one()?.n;
    if (waiting !== 0) world.violate('G5', `${object.name}: ${waiting} flushes are cut and not stored`);
    const unstored = sql.exec('SELECT COUNT(*) AS n FROM log, meta WHERE log.seq >= meta.stored_seq').one()?.n;
    if (unstored !== 0) world.violate('G5', `${object.name}: ${unstored} rows are not stored`);
  }
}

interface SealedRow {
  readonly day: number;
  readonly events: number;
  readonly drift: string;
}

function checkSeals(world: World, { uid }: SimTenant): void {
  for (const { day, drift } of select<SealedRow>(
    world,
    'SELECT day, events, drift FROM sealed_days WHERE uid = ?',
    uid,
  )) {
    const { rest } = JSON.parse(drift);
    if (rest !== 0) world.violate('drift', `${uid}: the drift of ${dayText(day)} has a rest other than 0: ${drift}`);
  }
}

interface TallyRow {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/** Checks F1 within the bounds that lost answers leave, and F2 exactly. */
function checkAccounts(world: World, { uid, ledger }: SimTenant, rows: readonly LakeRow[]): void {
  const [tally] = select<TallyRow>(
    world,
    `SELECT COALESCE(SUM(received), 0) AS received, COALESCE(SUM(accepted), 0) AS accepted,
       COALESCE(SUM(duplicate), 0) AS duplicate, COALESCE(SUM(rejected), 0) AS rejected FROM (
         SELECT received, accepted, duplicate, rejected FROM flushes WHERE uid = ?1
         UNION ALL SELECT received, accepted, duplicate, rejected FROM flush_heads WHERE uid = ?1)`,
    uid,
  ) as [TallyRow];
  const { answered } = ledger;
  for (const field of ['received', 'accepted', 'duplicate', 'rejected'] as const) {
    if (tally[field] < answered[field]) {
      world.violate('F1', `${uid}: answers say ${answered[field]} ${field}, the accounts say ${tally[field]}`);
    }
  }
  if (tally.received !== tally.accepted + tally.duplicate + tally.rejected) {
    world.violate('F1', `${uid}: the accounts do not add up: ${JSON.stringify(tally)}`);
  }
  const seals = select<SealedRow>(world, 'SELECT day, events, drift FROM sealed_days WHERE uid = ?', uid);
  const drifts = seals.map(({ drift }) => JSON.parse(drift) as { duplicates: number; imported: number });
  const duplicates = sum(drifts.map((drift) => drift.duplicates));
  const imported = sum(drifts.map((drift) => drift.imported));
  const sealed = sum(seals.map(({ events }) => events));
  if (tally.accepted + imported !== sealed + duplicates) {
    world.violate(
      'F2',
      `${uid}: ${tally.accepted} accepted + ${imported} imported ≠ ${sealed} sealed + ${duplicates} copies`,
    );
  }
  if (sealed !== rows.length) {
    world.violate('F2', `${uid}: ${sealed} events are sealed and ${rows.length} are in the lake`);
  }
  if (duplicates > 0) world.reach('copies-found-by-seal');
  const inRanges = select(
    world,
    "SELECT 1 FROM segments WHERE uid = ? AND source = 'seal' AND path LIKE '%/1-%' LIMIT 1",
    uid,
  );
  if (inRanges.length > 0) world.reach('sealed-in-tasks');
  const [{ heads }] = select<{ heads: number }>(
    world,
    'SELECT COUNT(*) AS heads FROM flush_heads WHERE uid = ?',
    uid,
  ) as [{ heads: number }];
  if (heads > 0) world.reach('flushes-collected');
  const [{ grounds }] = select<{ grounds: number }>(
    world,
    'SELECT COUNT(*) AS grounds FROM sealed_days WHERE uid = ? AND ground_revision BETWEEN 1 AND revision - 1',
    uid,
  ) as [{ grounds: number }];
  if (grounds > 0) world.reach('sealed-upon-a-ground');
}

/** Checks that answers from cells and from the lake equal the count by hand, in one half of the runs without bots. */
async function checkAnswers(world: World, tenant: SimTenant, all: readonly LakeRow[]): Promise<void> {
  if (all.length === 0) return;
  const bots = world.seed % 2 === 0 ? 'exclude' : 'include';
  const rows = all.filter((row) => bots === 'include' || !row.isBot);
  const days = all.map(({ atMs }) => dayOf(atMs));
  const startMs = Math.min(...days) * DAY_MS;
  const endMs = (Math.max(...days) + 1) * DAY_MS;
  const range = { startMs, endMs, bots } as const;
  const questions: { readonly question: Question; readonly byHand: Map<string, number> }[] = [
    {
      question: { measure: 'count', groupBy: ['event'], interval: 'hour', ...range },
      byHand: byHand(
        rows,
        (row) => `${row.event}@${Math.floor(row.atMs / 3_600_000) * 3_600_000}`,
        () => 1,
      ),
    },
    {
      question: { measure: { sum: 'amount' }, groupBy: ['slot'], interval: 'day', ...range },
      byHand: byHand(
        rows,
        (row) => `${row.slot}@${dayOf(row.atMs) * DAY_MS}`,
        (row) => row.amountCents,
      ),
    },
    {
      question: { measure: 'users', interval: 'day', ...range },
      byHand: peopleByHand(rows),
    },
  ];
  for (const [number, { question, byHand }] of questions.entries()) {
    // The lake answers one question as well, a different one in each run and tenant, because reading all events is
    // costly.
    const isAlsoFromLake = (world.seed + Number(tenant.uid.slice(1))) % questions.length === number;
    for (const fromLake of isAlsoFromLake ? [false, true] : [false]) {
      const answer = await ask(world, tenant, { ...question, fromLake });
      const isCents = typeof question.measure === 'object';
      compare(
        world,
        `${tenant.uid} ${JSON.stringify(question)} ${fromLake ? 'lake' : 'cells'}`,
        answer,
        byHand,
        isCents,
      );
      if (!answer.meta.complete)
        world.violate('G6', `${tenant.uid}: the answer at rest is not complete: ${JSON.stringify(answer.meta)}`);
      if (!fromLake && answer.meta.sources.rollups === null) world.reach('at-rest-without-rollup');
      const { excluded = 0 } = answer.meta.bots ?? {};
      // A question about people counts the events with a person.
      if (question.measure !== 'users' && excluded !== all.length - rows.length)
        world.violate('G1', `${tenant.uid}: ${excluded} events of bots are left out, of ${all.length - rows.length}`);
    }
  }
}

function compare(
  world: World,
  subject: string,
  { series }: QueryAnswer,
  expected: ReadonlyMap<string, number>,
  isCents: boolean,
): void {
  const given = new Map<string, number>();
  for (const { key, points } of series) {
    const [group = null] = Object.values(key);
    for (const { at, value } of points) {
      if (value) given.set(`${group}@${Date.parse(at)}`, isCents ? Math.round(value * 100) : value);
    }
  }
  const wrong = [...new Set([...given.keys(), ...expected.keys()])].filter(
    (cell) => (given.get(cell) ?? 0) !== (expected.get(cell) ?? 0),
  );
  if (wrong.length === 0) return;
  const shown = wrong
    .slice(0, 4)
    .map((cell) => `${cell}: answered ${given.get(cell) ?? 0}, counted by hand ${expected.get(cell) ?? 0}`);
  world.violate('G1', `${subject}: ${wrong.length} cells differ: ${shown.join('; ')}`);
}

function byHand(rows: readonly LakeRow[], cellOf: (row: LakeRow) => string, weight: (row: LakeRow) => number) {
  const cells = new Map<string, number>();
  for (const row of rows) cells.set(cellOf(row), (cells.get(cellOf(row)) ?? 0) + weight(row));
  return cells;
}

function peopleByHand(rows: readonly LakeRow[]): Map<string, number> {
  const people = new Map<string, Set<string>>();
  for (const { atMs, person } of rows) {
    if (person === null) continue;
    const cell = `null@${dayOf(atMs) * DAY_MS}`;
    people.set(cell, (people.get(cell) ?? new Set()).add(person));
  }
  return new Map([...people].map(([cell, set]) => [cell, set.size]));
}

/** Reads the database directly, without the simulated network. */
export function select<T>(world: World, sql: string, ...values: unknown[]): T[] {
  return world.database.select(sql, values) as T[];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
