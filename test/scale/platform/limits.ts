// Limits: what the platform allows, by name, and the usage of them in a run: the worst value of each, and where it was.
//
// The bounds are those of the vendor's pages (Workers, D1, Durable Objects, Queues, R2; November 2026) for a paid account.
// A bound that wrangler.toml sets comes from there (deployment.ts).

import type { Deployment } from './deployment.ts';

const KIB = 1_024;
const MB = 1_000_000;

export interface Limit {
  readonly bound: number;
  readonly unit: string;
}

export function limitsOf({ subrequests, cpuMs }: Deployment) {
  return {
    'D1: size of a result': { bound: 50 * MB, unit: 'bytes' },
    'D1: size of the database': { bound: 10_000 * MB, unit: 'bytes' },
    'D1: size of a row': { bound: 2 * MB, unit: 'bytes' },
    'D1: size of a parameter': { bound: 2 * MB, unit: 'bytes' },
    'D1: parameters of a statement': { bound: 100, unit: '' },
    'D1: size of a statement': { bound: 100_000, unit: 'bytes' },
    'D1: time of a statement': { bound: 30_000, unit: 'ms' },
    'D1: statements of an invocation': { bound: 1_000, unit: '' },
    'D1: calls a second': { bound: 1_000, unit: '' },
    'Worker: subrequests of an invocation': { bound: subrequests, unit: '' },
    'Worker: CPU time of an invocation': { bound: cpuMs, unit: 'ms' },
    'Worker: wall time of a batch or cron': { bound: 15 * 60_000, unit: 'ms' },
    'Worker: memory': { bound: 128 * 1_024 * KIB, unit: 'bytes' },
    'Queue: size of a message': { bound: 128 * KIB, unit: 'bytes' },
    'Queue: messages of a send': { bound: 100, unit: '' },
    'Queue: size of a send': { bound: 256 * KIB, unit: 'bytes' },
    'Queue: messages a second': { bound: 5_000, unit: '' },
    'Object: size of a value': { bound: 2 * MB, unit: 'bytes' },
    'Object: parameters of a statement': { bound: 100, unit: '' },
    'Object: size of a statement': { bound: 100_000, unit: 'bytes' },
    'Object: size of its storage': { bound: 10_000 * MB, unit: 'bytes' },
    'Object: calls a second': { bound: 1_000, unit: '' },
    'RPC: size of a call or reply': { bound: 32 * 1_024 * KIB, unit: 'bytes' },
  } as const satisfies Readonly<Record<string, Limit>>;
}

export type LimitName = keyof ReturnType<typeof limitsOf>;

/** The worst usage of one limit. */
export interface Usage {
  readonly value: number;
  readonly where: string;
  /** How often the limit was exceeded. */
  readonly breaches: number;
}

/** A call that the platform refuses because of a limit, with the platform's kind of error. */
export class LimitError extends Error {
  override name = 'LimitError';
}

export class Usages {
  readonly limits: Readonly<Record<LimitName, Limit>>;
  readonly #usages = new Map<LimitName, Usage>();

  constructor(deployment: Deployment) {
    this.limits = limitsOf(deployment);
  }

  /** Notes a usage; returns false when it exceeds the limit. */
  note(name: LimitName, value: number, where: string): boolean {
    const { bound } = this.limits[name];
    const before = this.#usages.get(name);
    const isKept = value <= bound;
    const breaches = (before?.breaches ?? 0) + (isKept ? 0 : 1);
    if (before === undefined || value > before.value) this.#usages.set(name, { value, where, breaches });
    else if (!isKept) this.#usages.set(name, { ...before, breaches });
    return isKept;
  }

  /** Notes a usage. Throws when the platform refuses it. */
  must(name: LimitName, value: number, where: string): void {
    if (!this.note(name, value, where)) throw new LimitError(`${name}: ${Math.round(value)} at ${where}`);
  }

  get isBreached(): boolean {
    return [...this.#usages.values()].some(({ breaches }) => breaches > 0);
  }

  all(): [LimitName, Usage][] {
    return [...this.#usages];
  }
}
