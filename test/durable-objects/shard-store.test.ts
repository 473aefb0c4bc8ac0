import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { expect, it } from 'vitest';
import { ShardStore } from '../../durable-objects/shard-store.ts';

function newStorage() {
  const db = new DatabaseSync(':memory:');
  const exec = (sql: string, ...values: SQLInputValue[]) => {
    const isScript = sql.trim().slice(0, -1).includes(';');
    if (isScript) db.exec(sql);
    const rows = isScript ? [] : db.prepare(sql).all(...values);
    return { toArray: () => rows, [Symbol.iterator]: () => rows[Symbol.iterator](), rowsWritten: 0 };
  };
  const open = () => new ShardStore({ exec } as unknown as SqlStorage).open(() => 'drawn');
  const dump = () => [db.prepare('SELECT * FROM sqlite_master').all(), db.prepare('SELECT * FROM meta').all()];
  return { db, open, dump };
}

it('draws an incarnation for new storage and keeps it', () => {
  const { db, open } = newStorage();
  expect(open().incarnation).toBe('drawn');
  db.exec("UPDATE meta SET incarnation = 'kept'");
  expect(open().incarnation).toBe('kept');
});

it.each([3, 4, 99])('refuses storage of schema %i, of a newer release, and touches nothing', (version) => {
  const { db, open, dump } = newStorage();
  open();
  // The newer release has dropped one table and changed another.
  db.exec(`UPDATE meta SET schema_version = ${version}; DROP TABLE outbox; ALTER TABLE log ADD COLUMN more TEXT`);
  const before = dump();
  expect(open).toThrow(`the shard has schema ${version}, this release knows 2`);
  expect(dump()).toEqual(before);
  db.exec('UPDATE meta SET schema_version = 2');
  expect(open().incarnation).toBe('drawn');
});

it('upgrades storage of an older release', () => {
  const { db, open } = newStorage();
  open();
  db.exec('UPDATE meta SET schema_version = 1; ALTER TABLE meta DROP COLUMN routing_at_ms_max');
  expect(open().routingAtMsMax).toBe(0);
  expect(db.prepare('SELECT schema_version FROM meta').get()).toEqual({ schema_version: 2 });
});
