// Invocation: one request, queue batch or cron run of the Worker, in an isolate of its own without caches, with what it has
// used. The platform counts its calls, its CPU time and its wall time.

import type { Product } from '../../sim/product/product-loader.ts';
import { Isolate } from '../../sim/world/isolate.ts';
import type { World } from '../../sim/world/world.ts';

export class Invocation extends Isolate {
  readonly operation: string;
  readonly startedAtMs: number;
  subrequests = 0;
  statements = 0;
  cpuMs = 0;
  readonly bytes = { d1: 0, r2: 0, r2Written: 0, rpc: 0 };
  /** The messages of its batch. */
  messages: readonly unknown[] = [];
  /** Bytes of the replies that calls under way may still bring, with those that came while others were under way. */
  #heldBytes = 0;
  #underWay = 0;
  heldBytesMax = 0;

  constructor(operation: string, product: Product, world: World) {
    super(operation, product, world);
    this.operation = operation;
    this.startedAtMs = world.nowMs;
  }

  override consume(batch: { readonly messages: readonly { readonly body: unknown }[] }): Promise<void> {
    this.messages = batch.messages.map(({ body }) => body);
    return super.consume(batch);
  }

  begins(): void {
    this.#underWay++;
  }

  /** Replies to calls that overlap are held at the same time; a reply that is alone replaces the ones before it. */
  ends(bytes: number): void {
    this.#heldBytes += bytes;
    this.heldBytesMax = Math.max(this.heldBytesMax, this.#heldBytes);
    if (--this.#underWay === 0) this.#heldBytes = 0;
  }
}
