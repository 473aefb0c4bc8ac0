// Scheduler: owns the clock and everything that is on its way; one thing happens at a time, in the order of due times
// that seeded latencies make. Between two of them every promise that can go on does.

import { hashText } from './random.ts';

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly label: string;
  readonly run: () => void;
}

export class Scheduler {
  nowMs: number;
  /** Things that happened. */
  steps = 0;
  /** Over the labels and times of all that happened: equal seeds have equal hashes. */
  traceHash = 0x811c9dc5;
  /** Sees each thing that happens; null: no trace is wanted. */
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

  /** Notes something that happened within a step. */
  note(text: string): void {
    this.traceHash = hashText(text, this.traceHash);
    this.onStep?.(`  ${text}`, this.nowMs);
  }

  /** Runs until the time, or until nothing is due before it, or `isDone`. */
  async runUntil(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    // What was begun before the call may not have come as far as the schedule yet.
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
 * Ends when no promise can go on: everything the product awaits here is answered by the scheduler or at once. A tick
 * asked for within a microtask has its turn when the last microtask is done, without a turn of the event loop.
 */
export function settle(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
