// Globals of a file: what a file stubs is given back at its end, and the modules that were loaded with it are forgotten. Files
// share a process: a `fetch` which one had stubbed answered the calls of the next, and a session that it had opened went on.

import { afterAll, vi } from 'vitest';

const GLOBALS = ['fetch', 'document', 'location', 'sessionStorage', 'addEventListener', 'window'] as const;
const valuesOf = () => GLOBALS.map((name) => (globalThis as Readonly<Record<string, unknown>>)[name]);
const before = valuesOf();

afterAll(() => {
  const isStubbed = valuesOf().some((value, index) => value !== before[index]);
  vi.unstubAllGlobals();
  if (isStubbed) vi.resetModules();
});
