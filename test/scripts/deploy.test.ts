import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { findProblems, resourcesOf } from '../../scripts/deploy/plan.ts';
import { configFile } from '../../src/local/paths.ts';

const config = readConfig({ config: configFile });
const toml = readFileSync(configFile, 'utf8');

describe('a deployment', () => {
  it('creates the database, the bucket and every queue, dead letters included', () => {
    expect(resourcesOf(config).map(({ create }) => create.join(' '))).toEqual([
      'd1 create tidemark',
      'r2 bucket create tidemark-lake',
      'queues create tidemark-flush',
      'queues create tidemark-flush-dlq',
      'queues create tidemark-seal',
      'queues create tidemark-seal-dlq',
    ]);
  });

  it('finds no problem in the configuration', () => {
    expect(findProblems(config, toml)).toEqual([]);
  });

  it('refuses a queue without a consumer', () => {
    const consumers = config.queues.consumers?.filter(({ queue }: { queue: string }) => queue !== 'tidemark-seal-dlq');
    const broken = { ...config, queues: { ...config.queues, consumers } };
    expect(findProblems(broken, toml)).toEqual([expect.stringContaining('tidemark-seal-dlq has no consumer')]);
  });

  it('refuses a key among the variables', () => {
    expect(findProblems(config, `${toml}\n[vars]\nTIDEMARK_ROOT_KEY = "x"\n`)).toEqual([
      expect.stringContaining('never variables'),
    ]);
  });
});
