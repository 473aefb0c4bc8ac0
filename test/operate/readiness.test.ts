import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { migrationsFolder } from '../../src/local/paths.ts';
import { LAST_MIGRATION, Readiness } from '../../src/operate/readiness.ts';
import { fakeD1 } from '../support/fake-d1.ts';

function readiness() {
  const { db, fake } = fakeD1();
  const clock = { nowMs: 0 };
  return { db, fake, clock, readiness: new Readiness(db, () => clock.nowMs) };
}

it('asks for the last migration that there is', () => {
  expect(LAST_MIGRATION).toBe(readdirSync(migrationsFolder).sort().at(-1));
});

it('keeps a good answer for ten seconds and asks once for it', async () => {
  const { fake, clock, readiness: ready } = readiness();
  for (const nowMs of [0, 1, 9_999]) {
    clock.nowMs = nowMs;
    await ready.check();
  }
  expect(fake.callCount).toBe(1);
  clock.nowMs = 10_000;
  await ready.check();
  expect(fake.callCount).toBe(2);
});

it('refuses while the last migration is not applied, and keeps no refusal', async () => {
  const { db, readiness: ready } = readiness();
  await db.exec(`DELETE FROM d1_migrations WHERE name = '${LAST_MIGRATION}'`);
  await expect(ready.check()).rejects.toThrow('is not applied');
  await db.exec(`INSERT INTO d1_migrations (name) VALUES ('${LAST_MIGRATION}')`);
  await ready.check();
});

it('is ready on a database that a later release has migrated', async () => {
  const { db, readiness: ready } = readiness();
  await db.exec(`UPDATE d1_migrations SET name = '9999_later.sql' WHERE name = '${LAST_MIGRATION}'`);
  await ready.check();
});

it('refuses a database without any migration, and one that does not answer', async () => {
  const { db, fake, readiness: ready } = readiness();
  fake.hook = () => {
    throw new Error('D1_ERROR');
  };
  await expect(ready.check()).rejects.toThrow('D1_ERROR');
  fake.hook = null;
  await db.exec('DROP TABLE d1_migrations');
  await expect(ready.check()).rejects.toThrow('no such table');
});
