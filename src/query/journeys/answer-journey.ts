/** AnswerJourney: from a body of a journey's call to its answer on the wire, or the problem that refuses it. */
import { settleBots } from '../../core/bots/asked-bots.ts';
import { JOURNEYS, type JourneyRefusalCode, type JourneySpec, journeyOf } from '../../core/journeys/kinds.ts';
import type { JourneyRefusal } from '../../core/journeys/kit/request.ts';
import { assert, type Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import { viewMeta } from '../view/meta.ts';
import { invalidQuestion, type LakeRefusal, problemOf } from '../view/refusal.ts';
import { type JourneyReading, readJourney } from './journey-source.ts';

/** The body of a call, and the place where it stands in the request: a JSON pointer. */
export interface JourneyBody {
  readonly kind: string;
  readonly body: unknown;
  readonly place?: string;
}

/** Throws 400 with the code and path of the fault. */
export function mustJourney(
  { kind: name, body, place = '' }: JourneyBody,
  { timezone, bots }: Tenant,
  nowMs: number,
): JourneySpec {
  const kind = JOURNEYS.find((each) => each.name === name);
  assert(kind, `there is no journey "${name}"`);
  return { kind: name, question: settleBots(mustQuestion(kind.parse(body, timezone, nowMs), place), bots) };
}

export function mustQuestion<T>(parsed: Result<T, JourneyRefusal<JourneyRefusalCode>>, place = ''): T {
  if (parsed.ok) return parsed.value;
  throw invalidQuestion({ ...parsed.error, path: place + parsed.error.path });
}

export async function answerJourney(asking: Asking<QueryPorts>, spec: JourneySpec) {
  return wireReading(asking, await readJourney(asking, journeyOf(spec), { spec }));
}

/** The answer with its `meta`. Throws the refusal of a reading as a problem. */
export function wireReading<Answer extends object>(
  { ports, nowMs }: Asking<QueryPorts>,
  reading: Result<JourneyReading<Answer>, LakeRefusal>,
) {
  if (!reading.ok) throw problemOf(reading.error);
  const { answer, view, scannedEvents, isEstimated, bots } = reading.value;
  const elapsedMs = ports.now() - nowMs;
  const estimated = isEstimated && { estimated: true as const };
  return { ...answer, meta: { ...viewMeta(view, scannedEvents), elapsedMs, ...estimated, ...bots } };
}
