import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { ENVIRONMENTS, environmentToml, findProblems, resourcesOf } from '../../../scripts/deploy/plan.ts';
import { configFile, root } from '../../../src/local/paths.ts';

const config = readConfig({ config: configFile });
const toml = readFileSync(configFile, 'utf8');

const execute = promisify(execFile);

describe('a deployment', () => {
  it('creates the database, the bucket and every queue, dead letters included', () => {
    expect(resourcesOf(config)).toEqual({
      database: 'tidemark',
      buckets: ['tidemark-lake'],
      queues: ['tidemark-flush', 'tidemark-flush-dlq', 'tidemark-seal', 'tidemark-seal-dlq'],
    });
  });

  it('of staging shares no name with production, and its queues keep their roles', () => {
    const names = (text: string) => text.match(/"tidemark[^"]*"/g)!;
    expect(names(environmentToml(toml, 'staging'))).toEqual(
      names(toml).map((name) => name.replace('tidemark', 'tidemark-staging')),
    );
    expect(environmentToml(toml, 'production')).toBe(toml);
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

  it.each(ENVIRONMENTS)(
    'to %s bundles offline',
    async (environment) => {
      const args = ['scripts/deploy.ts', '--dry-run', '--env', environment];
      const { stdout } = await execute(process.execPath, args, {
        cwd: root,
        env: { ...process.env, WRANGLER_LOG: 'log' },
      });
      const name = environment === 'production' ? 'tidemark' : 'tidemark-staging';
      expect(stdout).toContain(`A deployment of ${name} creates`);
      expect(stdout).toContain(`queue ${name}-flush-dlq`);
      expect(stdout).toMatch(new RegExp(`env.LAKE \\(${name}-lake\\)`));
      expect(stdout).toContain('--dry-run: exiting now');
    },
    120_000,
  );
});
