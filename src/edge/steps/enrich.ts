/**
 * Enrich step: makes the record of an event, with the facts from its context, its page and its request
 * (enrich/enrich.ts).
 */
import type { JsonObject } from '../../core/event/event.ts';
import { Enricher, type IdentifiedEvent } from '../enrich/enrich.ts';
import type { RoutableEvent, Step, StepContext } from './step.ts';

const NOTHING: JsonObject = Object.freeze({});

export function enrich({
  surroundings,
  source,
  arrival,
  keepsParsed,
}: StepContext): Step<IdentifiedEvent, RoutableEvent> {
  const enricher = new Enricher(surroundings, source, arrival);
  return (event) => {
    const record = enricher.record(event);
    const { routingAtMs } = event;
    return { record: keepsParsed ? record : { ...record, properties: NOTHING, context: NOTHING }, routingAtMs };
  };
}
