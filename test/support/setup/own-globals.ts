// Globals of a file: what a file stubs is given back at its end. Files share a process, so that a `fetch` which one had stubbed
// answered the calls of the next.

import { afterAll, vi } from 'vitest';

afterAll(() => {
  vi.unstubAllGlobals();
});
