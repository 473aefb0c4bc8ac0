// Scenarios of people by the hour, which lie in a file of the lake beside each seal: it is replaced and collected beside questions.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { SimTenant } from '../clients.ts';
import { ask } from '../questions.ts';
import type { Scenario, Stage } from './stage.ts';

const MIDNIGHT_MS = Date.UTC(2026, 2, 11);
const YESTERDAY = MIDNIGHT_MS / DAY_MS - 1;
/** Before the cron seals the day by itself. */
const ASKED_MS = MIDNIGHT_MS + HOUR_MS;

/** The people of each hour of yesterday, as text, and whether cells told. */
async function peopleByHour(stage: Stage, tenant: SimTenant, fromLake: boolean) {
  const range = { startMs: YESTERDAY * DAY_MS, endMs: MIDNIGHT_MS };
  const answer = await ask(stage.world, tenant, { measure: 'users', interval: 'hour', ...range, fromLake });
  const points = answer.series.flatMap((series) => series.points ?? []);
  return { text: JSON.stringify(points), isFromCells: answer.meta.sources.lake === null };
}

async function compare(stage: Stage, tenant: SimTenant, when: string): Promise<void> {
  const [[cells, lake]] = await Promise.all([
    Promise.all([peopleByHour(stage, tenant, false), peopleByHour(stage, tenant, true)]),
    stage.pass(),
  ]);
  stage.must(cells.isFromCells, `cells answer ${when}`);
  stage.must(
    cells.text === lake.text,
    `people by the hour ${when} are those of the lake, ${lake.text}, not ${cells.text}`,
  );
}

async function send(stage: Stage, tenant: SimTenant, count: number): Promise<void> {
  stage.send(tenant, { count, ageMs: stage.world.nowMs - MIDNIGHT_MS + (1 + count) * HOUR_MS });
  await stage.pass();
  await stage.store(tenant);
}

/** Seals yesterday by command. */
async function seal(stage: Stage, tenant: SimTenant): Promise<void> {
  const body = { uid: tenant.uid, day: YESTERDAY, cause: 'command' };
  const message = { body, attempts: 1, ack: () => {}, retry: () => {} };
  const sealed = stage.world.invoke('seal', (on) => on.consume({ queue: 'tidemark-seal', messages: [message] }));
  await Promise.all([sealed, stage.pass(3 * MINUTE_MS)]);
}

function files(stage: Stage): string[] {
  return stage.world.bucket.keys().filter((key) => key.includes('/hours/'));
}

async function sealedDay(stage: Stage): Promise<SimTenant> {
  const tenant = stage.tenant();
  await stage.passUntil(ASKED_MS);
  await send(stage, tenant, 2);
  await seal(stage, tenant);
  stage.must(files(stage).length === 1, 'a seal leaves a file with people by the hour');
  return tenant;
}

const replaced: Scenario = {
  name: 'hours-are-replaced',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = await sealedDay(stage);
    await compare(stage, tenant, 'after a seal');
    for (const count of [4, 6]) {
      await send(stage, tenant, count);
      await seal(stage, tenant);
      await compare(stage, tenant, 'after another seal');
    }
    stage.cron(stage.world.nowMs + 3 * HOUR_MS);
    await stage.pass(3 * HOUR_MS);
    stage.must(files(stage).length === 1, `the files of replaced seals go, not ${files(stage)}`);
    await compare(stage, tenant, 'when they are gone');
    await stage.rest();
  },
};

const collected: Scenario = {
  name: 'hours-collected-in-mid-question',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = await sealedDay(stage);
    const hold = stage.hold('before', /^r2 get .*\/hours\//);
    const question = peopleByHour(stage, tenant, false);
    await stage.passUntilHeld(hold);
    hold.isOpen = true;
    await send(stage, tenant, 4);
    await seal(stage, tenant);
    stage.cron(stage.world.nowMs + 3 * HOUR_MS);
    await stage.pass(3 * HOUR_MS);
    stage.must(files(stage).length === 1, 'the file that the question waits for is gone');
    stage.world.network.open(hold);
    const [[cells, lake]] = await Promise.all([
      Promise.all([question, peopleByHour(stage, tenant, true)]),
      stage.pass(),
    ]);
    stage.must(
      cells.text === lake.text,
      `the question is answered from the later seal: ${lake.text}, not ${cells.text}`,
    );
    await stage.rest();
  },
};

export const hourScenarios: readonly Scenario[] = [replaced, collected];
