// Load: tenants and their traffic over whole days, the cron beside it, and questions in the last minute of the last day.

import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { insertTenant } from '../../sim/clients.ts';
import { bind, type Product } from '../../sim/product/product-loader.ts';
import { planCron } from '../../sim/rest.ts';
import { World } from '../../sim/world/world.ts';
import type { Deployment } from '../platform/deployment.ts';
import type { Limit, LimitName, Usage } from '../platform/limits.ts';
import { cpuTimeMs } from '../platform/owners.ts';
import { Platform, type Totals } from '../platform/platform.ts';
import { type Asked, askAll } from './asking.ts';
import { type AtRest, bytesInUse, measureAtRest, noteSizes } from './at-rest.ts';
import { fillControl } from './bystanders.ts';
import { type Pressure, press } from './pressure.ts';
import { overCpu, type Progress } from './progress.ts';
import { type SealFigures, Seals } from './seals.ts';
import { Sender, type Traffic } from './traffic.ts';

export interface Load {
  readonly name: string;
  /** N of the scale 1/N. */
  readonly scale: number;
  readonly tenants: number;
  readonly shards: number;
  /** Tenants without traffic, whose rows fill the control tables. */
  readonly bystanders: number;
  readonly days: number;
  /** The run begins with the traffic, this long before the end of the last day. Default: all days. */
  readonly trafficMs?: number;
  /** Of one tenant, at full scale. */
  readonly traffic: Omit<Traffic, 'uid' | 'startMs' | 'endMs'>;
  /** Absent where the load presses no limit on purpose. */
  readonly pressure?: Pressure;
  /** Whether the limits are all that the load is about. Default: only with `pressure`. */
  readonly isOnlyPressed?: boolean;
  /** Subrequests of an invocation, where fewer than the configuration allows. Default: as many. */
  readonly subrequestsMax?: number;
  /** How long the run goes on after the last day. */
  readonly restMs: number;
  readonly cronEveryMs: number;
  /** CPU time after which the run is cut off. */
  readonly cpuMsMax: number;
  /** Whether the run ends when a limit is exceeded. Default: false. */
  readonly endsAtBreach?: boolean;
}

export interface LoadResult {
  readonly name: string;
  /** Whether limits are all that the load is about. */
  readonly isPressed: boolean;
  readonly usages: readonly (readonly [LimitName, Usage, Limit])[];
  readonly totals: Totals;
  readonly asked: readonly Asked[];
  readonly seals: SealFigures;
  readonly atRest: AtRest;
  /** Events at full scale. */
  readonly events: number;
  readonly accepted: number;
  readonly violations: readonly string[];
  /** Errors that the product logged, by their place, with the number of them and the first text. */
  readonly errors: readonly (readonly [string, number, string])[];
  readonly elapsedMs: number;
  /** The virtual time at which the run was cut off; null when it ended. */
  readonly cutAtMs: number | null;
}

const END_MS = Date.UTC(2026, 2, 14);
const COMMIT_MS = 10;
/** One way between the Worker and a store or an object nearby. */
const LATENCY_MS = 5;
const QUESTIONS_AT_MS = END_MS - MINUTE_MS;

/** `onProgress` is called once a virtual hour. */
export async function runLoad(
  product: Product,
  configured: Deployment,
  load: Load,
  onProgress: (progress: Progress) => void = () => {},
): Promise<LoadResult> {
  const deployment = { ...configured, subrequests: load.subrequestsMax ?? configured.subrequests };
  const startMs = END_MS - (load.trafficMs ?? load.days * DAY_MS);
  const world = new World({ seed: 1, startMs, products: [product], isSwarm: false, batchMax: deployment.batchMax });
  bind(world);
  world.faults.isOn = false;
  world.commitLatencyMs = () => COMMIT_MS;
  world.network.latencyMs = LATENCY_MS;
  const platform = new Platform(world, { product, deployment, scale: load.scale });
  try {
    return await new Run(world, platform, { load, startMs, onProgress }).run();
  } finally {
    platform.stop();
    world.release();
    bind(null);
  }
}

interface RunOptions {
  readonly load: Load;
  readonly startMs: number;
  readonly onProgress: (progress: Progress) => void;
}

class Run {
  readonly #world: World;
  readonly #platform: Platform;
  readonly #load: Load;
  readonly #seals: Seals;
  readonly #startMs: number;
  readonly #onProgress: (progress: Progress) => void;
  readonly #errors = new Map<string, [number, string]>();
  readonly #senders: Sender[] = [];
  #asked: readonly Asked[] = [];

  constructor(world: World, platform: Platform, { load, startMs, onProgress }: RunOptions) {
    this.#world = world;
    this.#platform = platform;
    this.#load = load;
    this.#startMs = startMs;
    this.#onProgress = onProgress;
    this.#seals = new Seals(world, platform);
    world.onLog = (level, text) => this.#onLog(level, text);
  }

  async run(): Promise<LoadResult> {
    const world = this.#world;
    const { bystanders, pressure, restMs, cronEveryMs, cpuMsMax, endsAtBreach = false } = this.#load;
    const startedAtMs = performance.now();
    this.#makeTenants();
    fillControl(world, bystanders);
    const before = bytesInUse(world, this.#load.scale);
    planCron(world, this.#startMs, END_MS + restMs, cronEveryMs);
    this.#everyHour();
    const { usages } = this.#platform;
    const isOver = overCpu(cpuMsMax);
    const isCut = () => isOver() || (endsAtBreach && usages.isBreached);
    if (pressure) await press(world, this.#senders[0]!, pressure, isCut);
    await world.scheduler.runUntil(QUESTIONS_AT_MS, isCut);
    if (!isCut()) this.#asked = await askAll(world, 't1', this.#load.scale);
    await world.scheduler.runUntil(END_MS + restMs, isCut);
    return this.#result(before, performance.now() - startedAtMs, isCut());
  }

  #makeTenants(): void {
    const { scale, tenants, shards, traffic } = this.#load;
    for (let i = 1; i <= tenants; i++) {
      const uid = `t${i}`;
      insertTenant(this.#world, { uid, id: uid, regions: ['weur'], shardCount: shards });
      const { burst } = traffic;
      const sender = new Sender(this.#world, {
        ...traffic,
        uid,
        startMs: this.#startMs,
        endMs: END_MS,
        eventsPerSecond: traffic.eventsPerSecond / scale,
        people: Math.ceil(traffic.people / scale),
        names: Math.ceil(traffic.names / scale),
        paths: Math.ceil(traffic.paths / scale),
        countries: Math.ceil(traffic.countries / scale),
        burst: burst && { ...burst, events: Math.ceil(burst.events / scale) },
      });
      sender.start();
      this.#senders.push(sender);
    }
  }

  /** Tells the progress, notes the sizes of the stores, and drops what only tests of the fakes look at. */
  #everyHour(): void {
    this.#tellProgress();
    noteSizes(this.#world, this.#platform.usages, this.#load.scale);
    this.#world.bucket.calls.length = 0;
    this.#world.scheduler.after(HOUR_MS, 'sizes', () => this.#everyHour());
  }

  #tellProgress(): void {
    const { name, restMs } = this.#load;
    this.#onProgress({
      name,
      hours: (this.#world.nowMs - this.#startMs) / HOUR_MS,
      hoursTotal: (END_MS + restMs - this.#startMs) / HOUR_MS,
      events: this.#sent(),
      cpuMs: cpuTimeMs(),
    });
  }

  /** Events sent, at full scale. */
  #sent(): number {
    return this.#load.scale * this.#senders.reduce((sum, sender) => sum + sender.events, 0);
  }

  #onLog(level: string, text: string): void {
    if (level !== 'error') return;
    const [, where = text.slice(0, 40)] = /"(?:where|event|message|at)":"([^"]+)"/.exec(text) ?? [];
    const known = this.#errors.get(where);
    this.#errors.set(where, known === undefined ? [1, text.slice(0, 600)] : [known[0] + 1, known[1]]);
  }

  #result(bytesBefore: number, elapsedMs: number, isCut: boolean): LoadResult {
    const world = this.#world;
    const { name, scale, days } = this.#load;
    const { usages, totals } = this.#platform;
    const events = this.#sent();
    const accepted = scale * this.#senders.reduce((sum, sender) => sum + sender.accepted, 0);
    const lastDay = END_MS / DAY_MS - 1;
    return {
      name,
      isPressed: this.#load.isOnlyPressed ?? this.#load.pressure !== undefined,
      usages: usages.all().map(([limit, usage]) => [limit, usage, usages.limits[limit]]),
      totals,
      asked: this.#asked,
      seals: this.#seals.figures({
        uids: this.#senders.map(({ traffic }) => traffic.uid),
        days: Array.from({ length: days }, (_, i) => lastDay - i),
        sealAfterMs: LIMITS.sealAfterMs,
        nowMs: world.nowMs,
      }),
      atRest: measureAtRest(world, { scale, events, bytesBefore }),
      events,
      accepted,
      violations: world.violations.map(({ message }) => message.slice(0, 300)),
      errors: [...this.#errors].map(([where, [count, text]]) => [where, count, text]),
      elapsedMs,
      cutAtMs: isCut ? world.nowMs : null,
    };
  }
}
