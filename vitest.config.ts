import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { buildDashboard } from './src/local/build-dashboard.ts';
import { buildSdk } from './src/local/build-sdk.ts';

// Wrangler says at each read of the configuration that it found .dev.vars.
process.env.WRANGLER_LOG ??= 'error';

const workerdTests = 'test/**/*.workerd.test.ts';
const e2eTests = 'test/{e2e,browser}/**/*.test.ts';
/** The SDKs of other vendors, which `npm run clients` installs and runs. */
const clientTests = 'test/clients/**';
/** Suites of minutes, which `npm run test:long` runs after `npm test`. */
const longTests = 'test/**/*.long.test.ts';
/** Fails a test whose run logs a line that it does not expect. */
const logGuard = 'test/support/expect-log.ts';

// The Worker imports it.
await Promise.all([buildDashboard(), buildSdk()]);

export default defineConfig({
  test: {
    // Vitest leaves a core to itself, which on two leaves one.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [workerdTests, e2eTests, longTests, clientTests],
          // Files share their modules: to read them anew for each of 250 files takes a third of the run.
          isolate: false,
          setupFiles: [logGuard, 'test/support/setup/check-answers.ts', 'test/support/setup/own-globals.ts'],
          // node:sqlite, which the fake D1 is made of, announces itself in every file.
          execArgv: ['--disable-warning=ExperimentalWarning'],
          // Properties of many runs take seconds, and more beside a busy neighbour.
          testTimeout: 30_000,
        },
      },
      {
        // Each file runs inside workerd, with the bindings of wrangler.toml and storage of its own.
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations('migrations'),
                TIDEMARK_ROOT_KEY: 'root-key-of-the-tests-0123456789abcdef',
                TIDEMARK_CHECK_ANSWERS: '1',
              },
            },
          })),
        ],
        test: {
          name: 'workerd',
          include: [workerdTests],
          setupFiles: [logGuard, 'test/support/setup/apply-migrations.ts'],
          // Modules by syntax, CommonJS by its package.json: bundled, as the deployment does.
          deps: { optimizer: { ssr: { enabled: true, include: ['itty-durable'] } } },
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        // Against a local stack of their own, which they may kill: one file at a time.
        test: {
          name: 'e2e',
          environment: 'node',
          env: { TIDEMARK_CHECK_ANSWERS: '1' },
          include: [e2eTests],
          exclude: [longTests],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'long',
          environment: 'node',
          env: { TIDEMARK_CHECK_ANSWERS: '1' },
          include: [longTests],
          fileParallelism: false,
          setupFiles: [logGuard],
          execArgv: ['--disable-warning=ExperimentalWarning'],
          sequence: { groupOrder: 2 },
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
