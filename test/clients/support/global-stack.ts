// The one local stack of all tests of clients: a new one, or the one at TIDEMARK_URL, whose root key is in
// TIDEMARK_ROOT_KEY.

import type { TestProject } from 'vitest/node';
import { startStack } from '../../support/stack.ts';
import type {} from './world.ts';

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const { TIDEMARK_URL: url, TIDEMARK_ROOT_KEY: rootKey = '' } = process.env;
  const stack = url === undefined ? await startStack() : { url, rootKey, stop: async () => {} };
  project.provide('stackUrl', stack.url);
  project.provide('rootKey', stack.rootKey);
  return () => stack.stop();
}
