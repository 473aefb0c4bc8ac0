// Isolate: one running copy of the Worker, of one release, with its caches. An isolate serves requests, queue batches
// and cron. When it dies, all of them end in the middle, and the calls that they had sent go on.

import type { Product } from '../product/product-loader.ts';
import { type Caller, NetworkError } from './network.ts';
import type { World } from './world.ts';

interface Bindings {
  readonly DB: D1Database;
  readonly LAKE: R2Bucket;
  readonly SHARD: DurableObjectNamespace;
  readonly DIRECTORY: DurableObjectNamespace;
}

/** The handlers of the entry, as the platform calls them. */
interface Handlers {
  queue(batch: unknown, env: unknown, ctx: unknown): Promise<void>;
  scheduled(event: unknown, env: unknown, ctx: unknown): Promise<void>;
}

type TenantCache = InstanceType<Product['TenantCache']>;

export class Isolate implements Caller {
  readonly name: string;
  readonly product: Product;
  readonly env: Record<string, unknown>;
  readonly tenants: TenantCache;
  isAlive = true;
  readonly #running = new Set<(cause: Error) => void>();

  constructor(name: string, product: Product, world: World) {
    this.name = name;
    this.product = product;
    this.env = world.envOf(this);
    const db = this.env.DB as D1Database;
    this.tenants = new product.TenantCache(
      (uid) => product.loadTenant(db, uid),
      () => world.scheduler.nowMs,
    );
  }

  /** The ports of the stages, over the bindings of this isolate. */
  ports(world: World) {
    const { SHARD, DIRECTORY, DB, LAKE } = this.env as unknown as Bindings;
    return {
      db: DB,
      lake: LAKE,
      shardOf: (address: { uid: string; region: string; index: number }) =>
        SHARD.get(SHARD.idFromName(this.product.shardName(address))) as never,
      directoryOf: this.product.directoryOf(DIRECTORY),
      now: () => world.scheduler.nowMs,
    };
  }

  async consume(batch: unknown): Promise<void> {
    await (this.product.worker as unknown as Handlers).queue(batch, this.env, {});
  }

  async cron(scheduledTime: number): Promise<void> {
    await (this.product.worker as unknown as Handlers).scheduled({ scheduledTime }, this.env, {});
  }

  /** Runs work until it ends or the isolate dies. */
  run<T>(work: (isolate: Isolate) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#running.add(reject);
      const ended = () => this.#running.delete(reject);
      Promise.resolve()
        .then(() => work(this))
        .then(resolve, reject)
        .finally(ended);
    });
  }

  die(): void {
    this.isAlive = false;
    for (const reject of this.#running) reject(new NetworkError('the isolate died'));
    this.#running.clear();
  }
}
