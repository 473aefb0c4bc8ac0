/**
 * NamedSchemas: the schemas that become named components of the document.
 *
 * An exported schema of `src/wire` has the name of its export: `boardListSchema` is `BoardList`. A schema of another place
 * names itself, with `.meta({ id: 'Name' })`.
 */
import { z } from 'zod';
import { measureSchema } from '../core/event/measure.ts';
import * as audit from '../wire/audit.ts';
import * as annotation from '../wire/boards/annotation.ts';
import * as board from '../wire/boards/board.ts';
import * as share from '../wire/boards/share.ts';
import * as catalog from '../wire/catalog.ts';
import * as cohorts from '../wire/cohorts.ts';
import * as deleted from '../wire/deleted.ts';
import * as demo from '../wire/demo.ts';
import * as events from '../wire/events.ts';
import * as exports from '../wire/export.ts';
import * as ingest from '../wire/ingest.ts';
import * as insights from '../wire/insights.ts';
import { FUNNEL_PEOPLE_CALL, JOURNEY_CALLS } from '../wire/journeys.ts';
import * as keys from '../wire/keys.ts';
import * as throttled from '../wire/live/throttled.ts';
import * as live from '../wire/live.ts';
import * as meta from '../wire/meta.ts';
import * as operate from '../wire/operate.ts';
import * as people from '../wire/people.ts';
import * as problem from '../wire/problem.ts';
import * as query from '../wire/query.ts';
import * as rollups from '../wire/rollups.ts';
import * as tenants from '../wire/tenants.ts';

/** Every module of `src/wire` that exports schemas. */
const WIRE: readonly Readonly<Record<string, unknown>>[] = [
  problem,
  meta,
  query,
  events,
  people,
  catalog,
  exports,
  insights,
  cohorts,
  rollups,
  ingest,
  tenants,
  keys,
  audit,
  operate,
  live,
  throttled,
  board,
  annotation,
  share,
  deleted,
  demo,
];

const SUFFIX = 'Schema';

/** Names the schemas in zod's registry, from which it makes references. It may be called again. */
export function nameSchemas(): void {
  for (const [name, schema] of namedSchemas()) {
    const known = z.globalRegistry.get(schema);
    if (known?.id === undefined) z.globalRegistry.add(schema, { ...known, id: name });
  }
}

function* namedSchemas(): Generator<readonly [string, z.ZodType]> {
  yield ['Measure', measureSchema];
  for (const [name, call] of [...Object.entries(JOURNEY_CALLS), ['funnelPeople', FUNNEL_PEOPLE_CALL] as const]) {
    yield [`${pascalCase(name)}Question`, call.request];
    yield [`${pascalCase(name)}Answer`, call.answer];
  }
  for (const module of WIRE) {
    for (const [name, value] of Object.entries(module))
      if (value instanceof z.ZodType && name.endsWith(SUFFIX)) yield [pascalCase(name.slice(0, -SUFFIX.length)), value];
  }
}

function pascalCase(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}
