// Meter: counts the units that the platform would bill for a simulated world, from the calls that pass its network, the
// storage of its objects and its database.
//
// - An object is billed while it works: from the arrival of a call until the reply may leave, which is after the
//   commit, and while it waits for a call of its own.
// - An idle object that may hibernate is not billed. A shard may: it has no timers and no pending calls.
// - The creation of tables happens once in the life of an object and is not counted.

import type { SimObject } from '../../sim/world/objects.ts';
import { watchObjects } from '../../sim/world/watch-objects.ts';
import type { World } from '../../sim/world/world.ts';
import { D1Rows } from './d1-rows.ts';
import { noUnits, OBJECT_GB, type Units } from './prices.ts';

/** CPU time of a call, which takes no time in the simulation. An append of 100 events needs less. */
const CALL_CPU_MS = 1;

export class Meter {
  readonly units: Units = noUnits();
  /** Rows written, by their source: `d1 INSERT parts`, `object alarm`. */
  readonly rowsBy = new Map<string, number>();
  readonly #world: World;
  readonly #awake = new Map<string, { calls: number; sinceMs: number }>();

  constructor(world: World) {
    this.#world = world;
    this.#watchNetwork();
    watchObjects(this.#world, (object) => this.#watchObject(object));
    this.#watchWorkers();
    this.#watchDatabase();
  }

  /** Stops counting the calls of the database, which outlives the world. */
  stop(): void {
    Reflect.deleteProperty(this.#world.database, 'batch');
  }

  #watchNetwork(): void {
    const { network } = this.#world;
    const call = network.call.bind(network);
    network.call = (request, effect) => {
      const { caller, site, detail } = request;
      if (site.startsWith('queue ')) this.units.queueOperations += 3 * Number(detail.slice(1));
      else if (site === 'r2 put' || site === 'r2 list') this.units.r2Writes++;
      else if (site === 'r2 get' || site === 'r2 head') this.units.r2Reads++;
      const reply = call(request, effect);
      if (this.#world.objects.has(caller.name)) this.#whileAwake(caller.name, reply);
      return reply;
    };
  }

  #watchObject(object: SimObject): void {
    const deliver = object.deliver.bind(object);
    object.deliver = (method, args) => {
      this.units.objectRequests++;
      this.units.objectGbSeconds += (OBJECT_GB * CALL_CPU_MS) / 1_000;
      const delivered = deliver(method, args);
      this.#whileAwake(object.name, delivered);
      return delivered;
    };
    const { storage } = object;
    const handleOf = storage.handle.bind(storage);
    storage.handle = (isCurrent) => {
      const handle = handleOf(isCurrent);
      const { exec } = handle.sql;
      handle.sql.exec = (sql, ...values) => {
        const cursor = exec.call(handle.sql, sql, ...values);
        this.units.objectRowsRead += cursor.toArray().length + cursor.rowsWritten;
        if (cursor.rowsWritten > 0)
          this.#objectWrote(/\b(?:INTO|UPDATE|FROM) (\w+)/.exec(sql)?.[1], cursor.rowsWritten);
        return cursor;
      };
      const { setAlarm, deleteAlarm, put } = handle;
      handle.setAlarm = (atMs) => {
        this.#objectWrote('alarm', 1);
        return setAlarm(atMs);
      };
      handle.deleteAlarm = () => {
        this.#objectWrote('alarm', 1);
        return deleteAlarm();
      };
      handle.put = (key, value) => {
        this.#objectWrote('put', 1);
        return put(key, value);
      };
      return handle;
    };
  }

  #objectWrote(target: string | undefined, rows: number): void {
    this.units.objectRowsWritten += rows;
    this.#note(`object ${target}`, rows);
  }

  #watchWorkers(): void {
    const world = this.#world;
    const invoke = world.invoke.bind(world);
    world.invoke = (operation, work) => {
      this.units.workerRequests++;
      return invoke(operation, work);
    };
    for (const { env } of world.isolates) {
      env.TELEMETRY = { writeDataPoint: () => void this.units.analyticsPoints++ };
    }
  }

  #watchDatabase(): void {
    const { database } = this.#world;
    const rows = new D1Rows(database);
    const batch = database.batch.bind(database);
    database.batch = async (statements) => {
      const results = await batch(statements);
      statements.forEach(({ sql, values }, i) => {
        const { results: found, meta } = results[i]!;
        const { kind, read, written } = rows.billed(sql, values, { results: found, changes: meta.changes });
        this.units.d1RowsRead += read;
        this.units.d1RowsWritten += written;
        if (written > 0) this.#note(`d1 ${kind}`, written);
      });
      return results;
    };
  }

  #whileAwake(name: string, work: Promise<unknown>): void {
    const { scheduler } = this.#world;
    const awake = this.#awake.get(name) ?? { calls: 0, sinceMs: 0 };
    this.#awake.set(name, awake);
    if (awake.calls++ === 0) awake.sinceMs = scheduler.nowMs;
    const ended = () => {
      if (--awake.calls === 0) this.units.objectGbSeconds += (OBJECT_GB * (scheduler.nowMs - awake.sinceMs)) / 1_000;
    };
    work.then(ended, ended);
  }

  #note(source: string, rows: number): void {
    this.rowsBy.set(source, (this.rowsBy.get(source) ?? 0) + rows);
  }
}
