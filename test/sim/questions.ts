// Questions: queries that are asked at random moments through the real query code and checked against the ledger. No
// event acknowledged before the question is missing, no unsent event is counted, and no event is counted twice (G1, G6,
// G8).

import { DAY_MS, HOUR_MS } from '../../src/core/limits.ts';
import type { QueryAnswer } from '../../src/query/ask/execute.ts';
import type { SimTenant } from './clients.ts';
import { isBot, type SentEvent } from './sent.ts';
import type { Isolate } from './world/isolate.ts';
import type { World } from './world/world.ts';

export interface Question {
  readonly measure: 'count' | 'users' | { readonly sum: string };
  readonly groupBy?: readonly string[];
  readonly interval?: 'minute' | 'hour' | 'day';
  readonly startMs: number;
  readonly endMs: number;
  /** Whether events of bots count. Default: they do. */
  readonly bots?: 'exclude' | 'include';
  /** Whether the answer is read from events even when cells could answer. */
  readonly fromLake?: boolean;
}

/** More groups than any grouping here has. */
const GROUPS_MAX = 50;

/**
 * Asks on some isolate, as the route does.
 * @throws TypeError for a refusal that the route would answer as a problem
 */
export function ask(world: World, { uid }: SimTenant, question: Question): Promise<QueryAnswer> {
  return world.invoke('query', (isolate) => askOn(isolate, world, uid, question));
}

async function askOn(isolate: Isolate, world: World, uid: string, question: Question): Promise<QueryAnswer> {
  const { product } = isolate;
  const { measure, groupBy, interval, startMs, endMs, bots = 'include', fromLake } = question;
  const known = await isolate.tenants.byUid(uid);
  if (known === null) throw new Error('no such tenant');
  const tenant = fromLake ? { ...known.tenant, rollups: [] } : known.tenant;
  const parsed = product.parseQuery(
    {
      measure,
      ...(groupBy && { groupBy, top: GROUPS_MAX }),
      ...(interval && { interval }),
      bots,
      from: new Date(startMs).toISOString(),
      to: new Date(endMs).toISOString(),
    },
    'UTC',
  );
  if (!parsed.ok) throw new TypeError(`${parsed.error.code}: ${parsed.error.message}`);
  const ports = isolate.ports(world);
  const asking = await product.beginAsking(ports, tenant, ports.now());
  const answered = await product.execute(asking, parsed.value);
  if (!answered.ok) throw new TypeError(`${answered.error.code}: ${answered.error.message}`);
  return answered.value;
}

/** The key of the group that counts an event of the ledger, for the groupings used here. */
function groupOf({ wire }: SentEvent, groupBy: readonly string[] | undefined): string {
  const [name] = groupBy ?? [];
  if (name === undefined) return '';
  if (name === 'slot') return wire.properties.slot;
  if (name === 'event') return wire.event ?? '';
  throw new Error(`the ledger does not group by ${name}`);
}

function tally(events: readonly { event: SentEvent; count: number }[], groupBy: Question['groupBy']) {
  const counts = new Map<string, number>();
  for (const { event, count } of events) {
    const group = groupOf(event, groupBy);
    counts.set(group, (counts.get(group) ?? 0) + count);
  }
  return counts;
}

/** Asks for counts and checks the answer; a refusal makes no claim, so it is not checked. */
export async function askAndCheck(world: World, tenant: SimTenant, question: Question): Promise<void> {
  const { ledger } = tenant;
  const { groupBy, startMs, endMs, bots = 'include' } = question;
  // The answer owes every event that was acknowledged before the question.
  const owedAtAsk = ledger.owed(startMs, endMs);
  const openAtAsk = ledger.openVersions();
  let answer: QueryAnswer;
  try {
    answer = await ask(world, tenant, question);
  } catch (cause) {
    world.onRefused('query', cause);
    world.reach('query-refused');
    return;
  }
  world.reach(answer.meta.sources.rollups ? 'query-from-rollups' : 'query-from-lake');
  const usesLake = answer.meta.sources.lake !== null;
  // Rollups count one copy for each region until the seal; the lake compares ids.
  const possible = ledger
    .possible(startMs, endMs, openAtAsk)
    .map(({ event, copies }) => ({ event, count: usesLake ? 1 : copies }));
  // What was taken back while the question was answered may be missing.
  const stillOwed = new Set(ledger.owed(startMs, endMs));
  const owed = owedAtAsk.filter((event) => stillOwed.has(event)).map((event) => ({ event, count: 1 }));
  const boundsOf = (counts: (event: SentEvent) => boolean, by: Question['groupBy']): Bounds => ({
    owed: tally(
      owed.filter(({ event }) => counts(event)),
      by,
    ),
    possible: tally(
      possible.filter(({ event }) => counts(event)),
      by,
    ),
  });
  checkCounts(
    world,
    tenant,
    question,
    answer,
    boundsOf((event) => bots === 'include' || !isBot(event.wire), groupBy),
  );
  const { excluded } = answer.meta.bots ?? {};
  if (excluded === undefined) return;
  world.reach('bots-left-out');
  const left = { ...answer, series: [{ key: {}, total: excluded, points: [] }] };
  const { groupBy: _, ...ungrouped } = question;
  checkCounts(
    world,
    tenant,
    ungrouped,
    left,
    boundsOf(({ wire }) => isBot(wire), undefined),
  );
}

/** The least and the greatest count of each group that the ledger allows. */
interface Bounds {
  readonly owed: ReadonlyMap<string, number>;
  readonly possible: ReadonlyMap<string, number>;
}

function checkCounts(
  world: World,
  tenant: SimTenant,
  question: Question,
  { series, meta }: QueryAnswer,
  { owed, possible }: Bounds,
): void {
  const { groupBy } = question;
  const counted = new Map(series.map(({ key, total }) => [groupBy ? (key[groupBy[0]!] ?? '') : '', total ?? 0]));
  const context = () => `${tenant.uid} ${JSON.stringify(question)} meta ${JSON.stringify(meta)}`;
  for (const [group, count] of counted) {
    const most = possible.get(group) ?? 0;
    if (count > most) world.violate('G1', `"${group}" counts ${count}, but at most ${most} were sent: ${context()}`);
  }
  const { answered, shards } = meta.sources.live;
  if (answered < shards) {
    world.reach('query-partial');
    if (meta.complete) {
      world.violate('G6', `the answer is complete, but ${answered} of ${shards} shards answered: ${context()}`);
    }
    return;
  }
  let missing = 0;
  for (const [group, least] of owed) missing += Math.max(0, least - (counted.get(group) ?? 0));
  if (missing > meta.pending) {
    const gaps = [...owed].filter(([group, least]) => least > (counted.get(group) ?? 0));
    world.violate(
      'G8',
      `${missing} acknowledged events are missing, ${meta.pending} are pending: ${context()} ${gaps.slice(0, 5)}`,
    );
  }
  if (missing > 0) world.reach('query-pending');
  if (meta.complete) {
    world.reach('query-complete');
    if (meta.pending > 0) world.violate('G6', `the answer is complete and has pending events: ${context()}`);
  }
}

/** A random question of the kinds that the ledger can check. */
export function randomQuestion(next: () => number, nowMs: number, fromLake: number): Question {
  const roll = next();
  const groupBy = roll < 0.25 ? ['slot'] : roll < 0.5 ? ['event'] : undefined;
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const range = next();
  // Bounds of the first kind cut minutes, most often of today.
  const [startMs, endMs] =
    range < 0.2
      ? [Math.floor(nowMs - (1 + range * 50) * HOUR_MS), Math.floor(nowMs - next() * HOUR_MS)]
      : range < 0.6
        ? [today - 12 * DAY_MS, today + 2 * DAY_MS]
        : range < 0.8
          ? [today, today + DAY_MS]
          : [today - DAY_MS, today];
  return {
    measure: 'count',
    startMs,
    endMs,
    ...(groupBy && { groupBy }),
    // No further random number is drawn, so the steps of a seed stay what they were.
    ...(Math.floor(range * 1e6) % 2 === 0 && { bots: 'exclude' as const }),
    ...(next() < fromLake && { fromLake: true }),
  };
}
