/** GivenNames: the names of events and of their properties that a saved definition gives. */
import { type CohortPart, didParts } from '../cohorts/cohort.ts';
import { RowFold } from '../query/fold/row-fold.ts';
import type { Query } from '../query/question/request.ts';
import { RowSource } from '../query/rows/row-source.ts';
import { countedNames } from '../rollup/counted-names.ts';
import type { RollupDefinition } from '../rollup/rollup.ts';
import type { Names } from './sent-names.ts';

export function namesOfCohort(who: CohortPart): Names {
  const source = new RowSource();
  for (const { events, where } of didParts(who)) {
    source.noteEvents(events ?? []);
    if (where !== null) source.test(where);
  }
  return { event: source.events, property: source.names };
}

export function namesOfRollup(rollup: RollupDefinition): Names {
  const source = new RowSource();
  const { where, dimensions } = countedNames(rollup);
  if (where !== null) source.test(where);
  for (const name of [...dimensions, ...rollup.numbers]) source.value(name);
  return { event: source.events, property: source.names };
}

/** A fold that is only asked for its names hashes nothing. */
const ANY_KEY = [0, 0, 0, 0] as const;

/** Returns the names of the queries that allow no unknown ones. */
export function namesOfQueries(queries: readonly Query[]): Names {
  const source = new RowSource();
  const property = new Set<string>();
  for (const query of queries) {
    if (query.allowUnknown) continue;
    if (query.where !== null) source.test(query.where);
    for (const name of new RowFold(query, ANY_KEY).names) property.add(name);
  }
  return { event: source.events, property };
}
