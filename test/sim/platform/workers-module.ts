// Workers module: replaces `cloudflare:workers` in the simulated product.

export class DurableObject {
  readonly ctx: unknown;
  readonly env: unknown;

  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** Of the product only the counts of refusals go on behind an answer, and the simulated edge has none. */
export function waitUntil(promise: Promise<unknown>): void {
  promise.catch(() => {});
}

export class WorkerEntrypoint extends DurableObject {}
