// The log as tests see it: lines of the product's log are recorded instead of printed, and each must be expected.
//
// The node and workerd projects load this module before each file: a test that ends with a line which it did not take
// fails and shows the line. Other output of the console is printed.

import { afterAll, afterEach, expect } from 'vitest';

/** A line as src/observe/log.ts writes it. */
export interface LogLine {
  readonly level: 'error' | 'warn';
  readonly at: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

let recorded: LogLine[] = [];

/** The lines logged at a place since the test began or since they were last taken; they count as expected. */
export function takeLog(at: string): LogLine[] {
  const taken = recorded.filter((line) => line.at === at);
  recorded = recorded.filter((line) => line.at !== at);
  return taken;
}

/** Expects at least one line at a place, each with these members, and takes them. */
export function expectLog(at: string, members: Readonly<Record<string, unknown>> = {}): void {
  const lines = takeLog(at);
  expect(lines, `lines logged at ${at}`).not.toHaveLength(0);
  for (const line of lines) expect(line).toMatchObject(members);
}

function parseLine(text: unknown): LogLine | null {
  if (typeof text !== 'string' || !text.startsWith('{"level":')) return null;
  return JSON.parse(text) as LogLine;
}

/** Throws when the log holds a line that was not taken; called at the end of every test. */
export function expectNoLog(): void {
  const unexpected = recorded;
  recorded = [];
  if (unexpected.length === 0) return;
  const shown = unexpected.map((line) => JSON.stringify(line, null, 2)).join('\n');
  throw new Error(`the log has ${unexpected.length} lines that the test did not expect:\n${shown}`);
}

for (const level of ['error', 'warn'] as const) {
  const print = console[level];
  console[level] = (...args: unknown[]) => {
    const line = parseLine(args[0]);
    if (line === null) print(...args);
    else recorded.push(line);
  };
}
afterEach(expectNoLog);
afterAll(expectNoLog);
