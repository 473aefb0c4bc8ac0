/**
 * Preview: what an import would send, without sending it (`--dry-run`): the first events, the range of their times, the
 * columns that the mapping asks for in vain and those that it never reads, and the rows that would be refused.
 */
import { formatNumber } from '../kit/table.ts';
import { eventsOf, newRowCounts, type RowCounts } from './chunks.ts';
import type { Input } from './inputs.ts';
import type { ImportEvent } from './mapping.ts';
import { RefusedRows } from './refused.ts';
import { sentTimeMs } from './row-time.ts';
import { readRows } from './rows.ts';
import { renderRefused } from './summary.ts';
import { describeShape } from './survey.ts';

const EVENTS_SHOWN = 3;
/** Rows whose columns are watched: a proxy around each of millions would cost more than their parsing. */
const WATCHED_ROWS_MAX = 1_000;

export type Preview = Awaited<ReturnType<typeof previewInput>>;

export interface PreviewOptions {
  readonly idPrefix: string;
  readonly nowMs: number | undefined;
  readonly onBytes: (count: number) => void;
}

export async function previewInput(input: Input, { idPrefix, nowMs, onBytes }: PreviewOptions) {
  const { shape, map } = input;
  const counts: RowCounts = newRowCounts();
  const refused = new RefusedRows({ path: input.path, ...shape, isWritten: false });
  const options = {
    idPrefix,
    counts,
    nowMs,
    onRefused: (refusal: Parameters<RefusedRows['add']>[0]) => refused.add(refusal),
  };
  const columns = new ColumnWatch();
  const times = new TimeRange();
  const events: ImportEvent[] = [];
  for await (const batch of readRows(input.path, shape, onBytes)) {
    for (const row of batch) {
      const number = ++counts.read;
      const watched = number <= WATCHED_ROWS_MAX ? (given: unknown) => map(columns.watch(given), number) : map;
      for (const event of eventsOf({ row, number }, watched, options)) {
        times.add(event.timestamp);
        if (events.length < EVENTS_SHOWN) events.push(event);
      }
    }
    refused.flush();
  }
  return {
    file: input.name,
    shape: describeShape(shape),
    rows: { read: counts.read, mapped: counts.mapped, skipped: counts.skipped, unreadable: counts.unreadable },
    times: times.summary(),
    columns: { missing: columns.missing, unread: columns.unread },
    events,
    refused: { count: refused.count, byCode: refused.byCode, first: refused.first, files: [] as string[] },
  };
}

export function renderPreview(preview: Preview): string[] {
  const { file, shape, rows, times, columns, events } = preview;
  const n = formatNumber;
  const unreadableTimes =
    times.unreadable > 0 ? `; ${n(times.unreadable)} rows have a time that the server refuses` : '';
  return [
    `${file}: ${shape}`,
    `  rows    ${n(rows.read)} read, ${n(rows.mapped)} mapped, ${n(rows.skipped)} skipped, ${n(rows.unreadable)} unreadable`,
    `  times   ${times.first === null ? 'none' : `${times.first} to ${times.last}`}${unreadableTimes}`,
    ...(columns.missing.length > 0
      ? [`  columns that the mapping reads and no row has: ${columns.missing.join(', ')}`]
      : []),
    ...(columns.unread.length > 0 ? [`  columns that the mapping does not read: ${columns.unread.join(', ')}`] : []),
    ...events.map((event, index) => `  event ${index + 1} ${JSON.stringify(event)}`),
    ...renderRefused({ refused: preview.refused, files: [] }),
  ];
}

/** Watches which members of the rows a mapping reads. */
class ColumnWatch {
  readonly #read = new Set<string>();
  readonly #present = new Set<string>();

  watch(row: unknown): unknown {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return row;
    for (const name of Object.keys(row)) this.#present.add(name);
    return new Proxy(row, {
      get: (target, name, receiver) => {
        this.#note(name);
        return Reflect.get(target, name, receiver);
      },
      // A spread or a loop asks for each member in turn.
      getOwnPropertyDescriptor: (target, name) => {
        this.#note(name);
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    });
  }

  get missing(): string[] {
    return [...this.#read].filter((name) => !this.#present.has(name));
  }

  get unread(): string[] {
    return [...this.#present].filter((name) => !this.#read.has(name));
  }

  #note(name: string | symbol): void {
    if (typeof name === 'string' && name !== 'toJSON') this.#read.add(name);
  }
}

class TimeRange {
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  #unreadable = 0;

  add(time: unknown): void {
    const atMs = sentTimeMs(time);
    if (Number.isNaN(new Date(atMs).getTime())) {
      this.#unreadable++;
      return;
    }
    this.#firstMs = Math.min(this.#firstMs, atMs);
    this.#lastMs = Math.max(this.#lastMs, atMs);
  }

  summary() {
    const isEmpty = this.#firstMs > this.#lastMs;
    return {
      first: isEmpty ? null : new Date(this.#firstMs).toISOString(),
      last: isEmpty ? null : new Date(this.#lastMs).toISOString(),
      unreadable: this.#unreadable,
    };
  }
}
