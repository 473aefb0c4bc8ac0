// FactsOf: the facts of records, as a batch with them tells.

import type { EventRecord } from '../../../src/core/event/event.ts';
import { BatchFacts, type NameFacts } from '../../../src/core/names/name-facts.ts';
import { visitSent } from '../../../src/core/names/sent-names.ts';
import { recordColumns } from '../../../src/lake/segment/record-columns.ts';
import { testHasher } from '../../support/events.ts';

export function factsOf(records: readonly EventRecord[]): readonly NameFacts[] {
  const columns = recordColumns(records, testHasher, 0);
  const batch = new BatchFacts(columns);
  visitSent(columns, batch.visit);
  return batch.facts;
}
