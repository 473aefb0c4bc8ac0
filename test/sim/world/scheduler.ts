// Scheduler: the clock and the queue of due steps. Steps run one at a time, in the order of their due times, which
// depend on seeded latencies. Between two steps every promise that can go on does.

import { hashText } from './random.ts';

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly label: string;
  readonly run: () => void;
}

export class Scheduler {
  nowMs: number;
  /** How many steps have run. */
  steps = 0;
  /** Hash over the labels and times of all steps: runs of equal seeds have equal hashes. */
  traceHash = 0x811c9dc5;
  /** Called with each step; null when no trace is wanted. */
  onStep: ((label: string, nowMs: number) => void) | null = null;
  readonly #heap: Entry[] = [];
  readonly #cancelled = new Set<number>();
  #order = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  at(dueMs: number, label: string, run: () => void): number {
    const entry = { dueMs: Math.max(Math.round(dueMs), this.nowMs), order: ++this.#order, label, run };
    this.#push(entry);
    return entry.order;
  }

  after(delayMs: number, label: string, run: () => void): number {
    return this.at(this.nowMs + delayMs, label, run);
  }

  cancel(order: number): void {
    this.#cancelled.add(order);
  }

  /** Notes an occurrence within a step. */
  note(text: string): void {
    this.traceHash = hashText(text, this.traceHash);
    this.onStep?.(`  ${text}`, this.nowMs);
  }

  /** Runs steps until the time, until no step is due before it, or until `isDone`. */
  async runUntil(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    // Work that began before the call may not have reached the schedule yet.
    await settle();
    while (this.#heap.length > 0 && (this.#heap[0] as Entry).dueMs <= untilMs && !isDone()) {
      const { dueMs, order, label, run } = this.#pop();
      if (this.#cancelled.delete(order)) continue;
      this.nowMs = dueMs;
      this.steps++;
      this.traceHash = hashText(label, this.traceHash ^ (dueMs | 0));
      this.onStep?.(label, dueMs);
      run();
      await settle();
    }
    if (!isDone() && untilMs > this.nowMs && Number.isFinite(untilMs)) this.nowMs = untilMs;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
        if (!isBefore(heap[child] as Entry, last)) break;
        heap[at] = heap[child] as Entry;
        at = child;
      }
      heap[at] = last;
    }
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

/**
 * Ends when no promise can go on: the scheduler resolves everything that the product awaits here, or it resolves at
 * once. A tick requested within a microtask runs when the last microtask is done, without a turn of the event loop.
 */
export function settle(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
