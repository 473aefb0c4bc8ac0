// Faults: the kinds of fault, their rates in this run, and the faults that happened. Each run draws a temper: some
// kinds of fault are frequent in it and some absent, so that rare combinations occur (Groce et al., "Swarm Testing",
// ISSTA 2012).

import { Sequence, Sites } from './random.ts';

export const FAULT_KINDS = [
  /** A call never arrives, and its caller sees an error. */
  'lost-request',
  /** A call takes effect, and its caller sees an error. */
  'lost-reply',
  /** The caller sees an error at once, and the call takes effect much later. */
  'late-effect',
  /** A call or its reply takes up to minutes. */
  'slow',
  /** An object is reset and loses its uncommitted writes. */
  'reset',
  /** An object moves to another place; the old instance goes on without storage. */
  'superseded',
  /** A write to an object's storage throws. */
  'write-fails',
  /** An isolate of the Worker dies in the middle of its work. */
  'isolate-dies',
  'alarm-twice',
  'alarm-late',
  'alarm-fails',
  'message-lost',
  'message-twice',
  'message-late',
  /** A handled message is delivered once more, hours later. */
  'message-zombie',
  'cron-missed',
  /** A client's request arrives twice. */
  'request-twice',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultEvent {
  readonly kind: FaultKind;
  readonly site: string;
  readonly atMs: number;
}

export interface Fault {
  /** Severity in [0, 1), for the kinds of fault that have one. */
  readonly size: number;
}

/** The chance at each occasion, at temper 1. */
const RATES: Readonly<Record<FaultKind, number>> = {
  'lost-request': 0.006,
  'lost-reply': 0.012,
  'late-effect': 0.004,
  slow: 0.02,
  reset: 0.008,
  superseded: 0.002,
  'write-fails': 0.002,
  'isolate-dies': 0.01,
  'alarm-twice': 0.05,
  'alarm-late': 0.1,
  'alarm-fails': 0.03,
  'message-lost': 0.08,
  'message-twice': 0.08,
  'message-late': 0.1,
  'message-zombie': 0.06,
  'cron-missed': 0.1,
  'request-twice': 0.02,
};

/** Calls to the directory and its writes fail this much more often: they are rare, and much depends on them. */
const FRAIL_SITE = /^(fetch )?directory /;
const FRAIL_FACTOR = 8;

export class Faults {
  readonly fired: FaultEvent[] = [];
  readonly counts = new Map<FaultKind, number>();
  isOn = true;
  readonly #sites: Sites;
  readonly #temper = new Map<FaultKind, number>();
  readonly #masked: ReadonlySet<string>;
  readonly #now: () => number;

  constructor(seed: number, masked: ReadonlySet<string>, now: () => number, isSwarm = true) {
    this.#sites = new Sites(seed);
    this.#masked = masked;
    this.#now = now;
    const sequence = new Sequence(seed, 'temper');
    const overall = 0.3 + 0.9 * sequence.next();
    for (const kind of FAULT_KINDS) {
      const mood = sequence.next();
      this.#temper.set(kind, !isSwarm ? 0 : mood < 0.2 ? 0 : mood < 0.8 ? overall : 4 * overall);
    }
  }

  /** Decides whether a fault of this kind happens at the site now. */
  strike(kind: FaultKind, site: string): Fault | null {
    if (!this.isOn) return null;
    const name = `${kind}@${site}`;
    const roll = this.#sites.next(name);
    const frailty = FRAIL_SITE.test(site) ? FRAIL_FACTOR : 1;
    const rate = Math.min(0.5, frailty * RATES[kind] * (this.#temper.get(kind) as number));
    if (roll >= rate) return null;
    const occasion = this.#sites.lastOf(name);
    if (this.#masked.has(occasion)) return null;
    this.record(kind, occasion);
    return { size: roll / rate };
  }

  /** Whether a fault that the run has planned happens, unless it is masked; records it. */
  isPlanned(kind: FaultKind, site: string): boolean {
    const occasion = `${kind}@${site}#plan`;
    if (!this.isOn || this.#masked.has(occasion)) return false;
    this.record(kind, occasion);
    return true;
  }

  record(kind: FaultKind, site: string): void {
    this.fired.push({ kind, site, atMs: this.#now() });
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}
