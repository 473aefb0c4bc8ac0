// Objects: Durable Objects by name. Each has one current instance, created by its first call, with input gate, output
// gate, alarm and resets. Replies, calls and messages of an instance leave only after the commit that they rely on.

import { clone } from './clone.ts';
import type { FaultKind } from './faults.ts';
import { type Caller, NetworkError } from './network.ts';
import { ObjectStorage } from './storage.ts';
import type { World } from './world.ts';

const SECOND_MS = 1_000;
const ALARM_RETRIES_MAX = 6;
/** An object that is idle for longer sleeps, and its memory is gone. */
const IDLE_MS = 120 * SECOND_MS;

interface Methods {
  readonly [method: string]: ((...args: unknown[]) => unknown) | undefined;
}
export type MakeObject = (ctx: unknown, env: unknown) => Methods;

class Instance implements Caller {
  readonly name: string;
  isAlive = true;
  /** Whether this instance may use the storage. */
  isCurrent = true;
  object!: Methods;
  /** Input gate: no call is delivered before it resolves. */
  ready: Promise<unknown> | null = null;
  readonly inFlight = new Set<(cause: Error) => void>();
  readonly #storage: ObjectStorage;

  constructor(name: string, storage: ObjectStorage) {
    this.name = name;
    this.#storage = storage;
  }

  gate(): Promise<void> | null {
    return this.isCurrent && this.#storage.isDirty ? this.#storage.durable() : null;
  }
}

export class SimObject {
  readonly name: string;
  readonly storage: ObjectStorage;
  instance: Instance | null = null;
  /** The instance that was superseded last, which goes on; null when there was none. */
  superseded: Instance | null = null;
  /** Set by a scenario: whether a call still reaches the superseded instance. */
  routesToSuperseded: ((method: string) => boolean) | null = null;
  /** How many instances the object has had. */
  lives = 0;
  readonly #world: World;
  readonly #make: MakeObject;
  #alarmFailures = 0;
  #calledAtMs = 0;
  #alarmTimer: { readonly atMs: number; readonly order: number } | null = null;

  constructor(name: string, world: World, make: MakeObject) {
    this.name = name;
    this.#world = world;
    this.#make = make;
    this.storage = new ObjectStorage({
      onDirty: () => this.#commitSoon(),
      onWrite: (sql) => {
        if (world.failsWrite?.(name, sql)) throw new Error('the disk refused a write');
        if (world.faults.strike('write-fails', name)) throw new Error('the disk refused a write');
      },
    });
  }

  /** Runs a method on the current instance. Resolves when the reply may leave. */
  async deliver(method: string, args: readonly unknown[]): Promise<unknown> {
    this.#evictIdle();
    if (this.#world.faults.strike('reset', `${this.name} before ${method}`)) this.reset('reset');
    const instance = this.routesToSuperseded?.(method) && this.superseded ? this.superseded : this.#wake();
    return new Promise((resolve, reject) => {
      instance.inFlight.add(reject);
      this.#run(instance, method, args)
        .then(resolve, reject)
        .finally(() => instance.inFlight.delete(reject));
    });
  }

  async #run(instance: Instance, method: string, args: readonly unknown[]): Promise<unknown> {
    if (instance.ready) await instance.ready;
    const run = instance.object[method];
    if (run === undefined) throw new TypeError(`the object has no method ${method}`);
    const result = clone(await run.call(instance.object, ...args));
    const gate = instance.gate();
    if (gate) await gate;
    if (instance.isCurrent && this.#world.faults.strike('reset', `${this.name} after ${method}`)) {
      this.reset('reset');
      throw new NetworkError('the object was reset');
    }
    this.#world.onReply(this, method, result);
    return result;
  }

  /** Puts an object that had no call for a while to sleep; this happens when the next call arrives. */
  #evictIdle(): void {
    const { nowMs } = this.#world.scheduler;
    const idleMs = nowMs - this.#calledAtMs;
    this.#calledAtMs = nowMs;
    const { instance } = this;
    if (instance === null || idleMs < IDLE_MS || instance.inFlight.size > 0 || this.storage.isDirty) return;
    this.#world.reach('evicted');
    this.instance = null;
    instance.isCurrent = false;
    instance.isAlive = false;
  }

  /** Ends the instance. With 'superseded' the instance goes on beside its successor, without storage. */
  reset(kind: Extract<FaultKind, 'reset' | 'superseded'>): void {
    const { instance } = this;
    if (instance === null) return;
    this.#world.scheduler.note(`${kind} ${this.name}${this.storage.isDirty ? ', uncommitted writes lost' : ''}`);
    if (this.storage.isDirty) this.#world.reach('reset-before-commit');
    this.instance = null;
    instance.isCurrent = false;
    if (kind === 'reset') {
      instance.isAlive = false;
      this.storage.rollback(null);
      for (const reject of instance.inFlight) reject(new NetworkError('the object was reset'));
      instance.inFlight.clear();
    } else {
      this.superseded = instance;
      this.storage.rollback(new NetworkError('the object was superseded'));
    }
    this.#alarmSoon();
  }

  /** Schedules the alarm after it was set or changed, and after a reset. */
  #alarmSoon(): void {
    const { alarmMs } = this.storage;
    if (this.#alarmTimer?.atMs === alarmMs) return;
    if (this.#alarmTimer) this.#world.scheduler.cancel(this.#alarmTimer.order);
    this.#alarmTimer = null;
    if (alarmMs === null) return;
    const late = this.#world.faults.strike('alarm-late', this.name);
    const dueMs = Math.max(alarmMs, this.#world.scheduler.nowMs) + (late ? late.size * 60 * SECOND_MS : 1);
    const order = this.#world.scheduler.at(dueMs, `alarm ${this.name}`, () => void this.#ring(alarmMs));
    this.#alarmTimer = { atMs: alarmMs, order };
  }

  async #ring(alarmMs: number): Promise<void> {
    this.#alarmTimer = null;
    if (this.storage.alarmMs !== alarmMs) return;
    const { faults, scheduler } = this.#world;
    if (faults.strike('alarm-twice', this.name)) {
      scheduler.after(
        1 + 2 * SECOND_MS,
        `alarm again ${this.name}`,
        () => void this.deliver('alarm', []).catch(() => {}),
      );
    }
    this.storage.takeAlarm();
    try {
      if (faults.strike('alarm-fails', this.name)) throw new NetworkError('the alarm did not reach the object');
      await this.deliver('alarm', []);
      this.#alarmFailures = 0;
    } catch {
      this.#alarmFailed();
    }
  }

  /** Sets a failed alarm again, two seconds later at first; after six failures the alarm is given up. */
  #alarmFailed(): void {
    if (++this.#alarmFailures > ALARM_RETRIES_MAX) {
      this.#alarmFailures = 0;
      this.#world.reach('alarm-given-up');
      return;
    }
    if (this.storage.alarmMs !== null) return;
    this.storage.putAlarm(this.#world.scheduler.nowMs + 2 ** this.#alarmFailures * SECOND_MS);
    this.#alarmSoon();
  }

  /** Loses the alarm, as six failures do. */
  loseAlarm(): void {
    if (this.storage.alarmMs !== null) this.#world.reach('alarm-given-up');
    this.storage.takeAlarm();
    this.#alarmSoon();
  }

  #commitSoon(): void {
    const { scheduler } = this.#world;
    scheduler.after(this.#world.commitLatency(this.name), `commit ${this.name}`, () => {
      if (!this.storage.isDirty) return;
      if (this.#world.faults.strike('reset', `${this.name} before commit`)) {
        this.reset('reset');
        return;
      }
      if (this.#world.faults.strike('superseded', `${this.name} before commit`)) {
        this.reset('superseded');
        return;
      }
      this.storage.commit();
      this.#alarmSoon();
      if (this.#world.faults.strike('reset', `${this.name} after commit`)) this.reset('reset');
    });
  }

  #wake(): Instance {
    if (this.instance !== null) return this.instance;
    const instance = new Instance(this.name, this.storage);
    this.lives++;
    if (this.lives > 1) this.#world.reach('object-restored');
    const ctx = {
      id: { name: this.name, toString: () => this.name },
      storage: this.storage.handle(() => instance.isCurrent),
      waitUntil: (promise: Promise<unknown>) => void promise.catch(() => {}),
      blockConcurrencyWhile: <T>(work: () => Promise<T>): Promise<T> => {
        const promise = work();
        const ready = Promise.all([instance.ready, promise]);
        ready.then(
          () => {
            if (instance.ready === ready) instance.ready = null;
          },
          () => this.reset('reset'),
        );
        instance.ready = ready;
        return promise;
      },
      abort: (reason?: string) => {
        this.#world.scheduler.note(`abort ${this.name}: ${reason}`);
        this.#world.reach('aborted');
        if (this.instance === instance) this.reset('reset');
        throw new Error(reason ?? 'aborted');
      },
    };
    this.instance = instance;
    try {
      instance.object = this.#make(ctx, this.#world.envOf(instance));
    } catch (cause) {
      this.#world.brokenObject(this.name, cause);
      this.reset('reset');
      throw cause;
    }
    return instance;
  }
}
