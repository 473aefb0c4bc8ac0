/**
 * Call: one request for answers, from its beginning to its end, with its share of the isolate: a turn to read the lake and a
 * budget of rows.
 */
import { LIMITS } from '../../core/limits.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { noteAsker } from '../../lake/std/pacer.ts';
import { type Asking, beginAsking, type LakeTurn, type QueryPorts } from '../view/asking.ts';
import { LakeTurns, QUESTION_LIMITS } from './lake-turns.ts';

/** The turns of an isolate, told apart by its database as other memories of readers are. */
interface Turns {
  readonly questions: LakeTurns;
  readonly exports: LakeTurns;
}
const turnsOf = new WeakMap<D1Database, Turns>();

/** An export that finds no turn does not wait: it may last for hours. */
const EXPORT_LIMITS = {
  runningMax: LIMITS.exportsMax,
  waitingMax: 0,
  waitMsMax: 0,
  heldMsMax: LIMITS.exportHeldMsMax,
};

/** What a call asks for: its tenant, and the time of the request. */
export interface CallOf {
  readonly tenant: Tenant;
  readonly nowMs: number;
}

/** Runs one call of questions. Throws 503 `directory-unavailable` and 429 `busy`. */
export async function answerCall<Ports extends QueryPorts, T>(
  ports: Ports,
  { tenant, nowMs }: CallOf,
  answer: (asking: Asking<Ports>) => Promise<T>,
): Promise<T> {
  noteAsker(tenant.hashKey);
  const turn = turnsFor(ports).questions.turnOf(tenant.uid);
  try {
    return await answer({ ...(await beginAsking(ports, tenant, nowMs)), turn });
  } finally {
    turn.end();
  }
}

/** A turn for an export, which outlives the call: the stream ends it. */
export function exportTurn(ports: QueryPorts, { uid }: Tenant): LakeTurn {
  return turnsFor(ports).exports.turnOf(uid);
}

function turnsFor({ db, now, throttles }: QueryPorts): Turns {
  const onBusy = (uid: string) => throttles?.count(uid, 'busy');
  const turns = turnsOf.get(db) ?? {
    questions: new LakeTurns(QUESTION_LIMITS, now, onBusy),
    exports: new LakeTurns(EXPORT_LIMITS, now, onBusy),
  };
  turnsOf.set(db, turns);
  return turns;
}
