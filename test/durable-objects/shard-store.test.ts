import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { expect, it } from 'vitest';
import { ShardStore } from '../../durable-objects/shard-store.ts';
import { openBlock } from '../../src/core/block/block.ts';
import { block, record } from '../support/events.ts';

function newStorage() {
  const db = new DatabaseSync(':memory:');
  const exec = (sql: string, ...values: SQLInputValue[]) => {
    const isScript = sql.trim().slice(0, -1).includes(';');
    if (isScript) db.exec(sql);
    const rows = isScript ? [] : db.prepare(sql).all(...values);
    return { toArray: () => rows, [Symbol.iterator]: () => rows[Symbol.iterator](), rowsWritten: 0 };
  };
  const statements: string[] = [];
  const noting = (sql: string, ...values: SQLInputValue[]) => {
    statements.push(sql);
    return exec(sql, ...values);
  };
  const newStore = () => new ShardStore({ exec: noting } as unknown as SqlStorage);
  const open = () => newStore().open(() => 'drawn');
  const dump = () => [db.prepare('SELECT * FROM sqlite_master').all(), db.prepare('SELECT * FROM meta').all()];
  return { db, open, newStore, statements, dump };
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

it('reads rows in order from adjacent slots, also where slots are reused and after a restart', () => {
  const { newStore, statements } = newStorage();
  const blocks = [openBlock(block([record({ id: 'a' })]))];
  const dispositions = [new Uint8Array(1)];
  const append = (store: ShardStore, from: number, to: number) => {
    for (let seq = from; seq < to; seq++) store.appendRow({ seq, blocks, dispositions, watermarkMs: 1 });
  };
  const reads = () => statements.splice(0).filter((sql) => /blocks FROM log/.test(sql)).length;
  const first = newStore();
  first.open(() => 'i');
  append(first, 0, 10);
  first.saveConfirm({ incarnation: 'i', seqFrom: 0, seqTo: 10 }, 1, 0);
  append(first, 10, 14);
  expect(first.read(10, 14, 1e6)?.blocks.map(({ seq }) => seq)).toEqual([10, 11, 12, 13]);
  expect(reads()).toBe(1);
  const second = newStore();
  second.open(() => 'i');
  expect([...second.replay(10)].map(({ seq }) => seq)).toEqual([10, 11, 12, 13]);
  append(second, 14, 18);
  expect([...second.rows(10, 18)].map(({ seq }) => seq)).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
  expect(reads()).toBe(2);
  expect(second.read(9, 18, 1e6)).toBeNull();
  const page = second.read(10, 18, 1);
  expect([page?.blocks.length, page?.nextSeq]).toEqual([1, 11]);
});
