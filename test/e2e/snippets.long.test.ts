// Snippets: every shell command of README.md, the guides and docs/lake.md runs as printed, in the order of its page,
// against a local stack. Only the port is another one. A block that cannot run says so in a comment before it:
// `<!-- not run: the reason -->`.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';
import { runCli } from '../cli/support/run-cli.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { blocksIn, nameOf } from './support/blocks.ts';

const snippets = blocksIn(['sh', 'bash', 'shell', 'console']);
const pages = [...new Set(snippets.map(({ page }) => page))];

/** The first lines of the blocks that are not run. A new one must be named here. */
const NOT_RUN = [
  'README.md: git clone <this repository> tidemark && cd tidemark',
  'README.md: npm run demo',
  'docs/guides/dashboard.md: npm run demo',
  "docs/guides/dashboard.md: npm run tidemark -- query --state .tidemark-demo --events 'Payment Failed' --group-by reason --interval day --from 30d",
  'README.md: npm test            # the tests, installing what is missing',
  'README.md: npx wrangler login',
  'README.md: export TIDEMARK_URL=https://tidemark.<account>.workers.dev TIDEMARK_ROOT_KEY=…',
  'docs/guides/from/opentelemetry.md: OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://events.example.com/v1/logs',
  'docs/guides/import.md: npm run tidemark -- import FILE… --tenant T --map MAP       # or --from NAME',
  'docs/guides/import.md: npm run tidemark -- import events-*.ndjson.gz --tenant shop --from mixpanel --dry-run',
  'docs/guides/operating.md: npm run deploy -- --env staging     # a Worker, database, bucket and queues of its own: tidemark-staging…',
  'docs/guides/operating.md: npm run deploy -- --upload-only                                        # migrates, uploads; no traffic yet',
  'docs/guides/operating.md: npx wrangler rollback OLD --name tidemark --message "why"',
  'docs/guides/operating.md: export TIDEMARK_URL=https://tidemark.<account>.workers.dev             # where the old key is tried',
  'docs/guides/operating.md: npm run tidemark -- key revoke ID --descendants revoke',
  'docs/guides/operating.md: npx wrangler d1 execute tidemark --remote --command "SELECT * FROM dead_letters ORDER BY at_ms DESC LIMIT 10"',
  'docs/guides/operating.md: cp -a .tidemark backup                      # while the stack is stopped',
  'docs/guides/operating.md: rclone sync r2:tidemark-lake backup/lake',
];

/** The file of the import guide: its hash is the id of the import that the guide takes back. */
const ORDERS = [
  'created_at,customer,company,amount,country,status',
  '2026-07-01T10:00:00Z,ann,acme,12.5,DE,paid',
  '2026-07-02T11:00:00Z,bob,,7,FR,paid',
  '2026-07-02T12:00:00Z,bob,,9,FR,test',
  '',
].join('\n');
const IMPORT_GUIDE = 'docs/guides/import.md';

let stack: Stack;
let folder: string;

beforeAll(async () => {
  stack = await startStack();
  // The folder of a user who has cloned the repository: what the snippets write does not land in the repository itself.
  folder = mkdtempSync(join(tmpdir(), 'tidemark-snippets-'));
  for (const name of ['package.json', 'scripts', 'src', 'docs', 'examples', 'node_modules', 'test'])
    symlinkSync(join(root, name), join(folder, name));
  symlinkSync(stack.stateDir, join(folder, '.tidemark'));
  writeFileSync(join(folder, 'orders.csv'), ORDERS);
  writeFileSync(join(folder, 'corrected.map.ts'), blocksIn(['ts']).find(({ page }) => page === IMPORT_GUIDE)!.text);
  const simulated = ['simulate', '--seed', '7', '--people', '500', '--days', '3', '--events', '10000'];
  for (const argv of [simulated, ['seal', '--from', '3d', '--to', 'today'], ['tenant', 'create', 'shop']]) {
    const { code, notes } = await runCli(argv, { env: { TIDEMARK_STATE: stack.stateDir } });
    expect(code, notes).toBe(0);
  }
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the snippets of a page in one shell, which stops at the first command that fails. */
function runPage(page: string): { code: number | null; output: string } {
  const blocks = snippets.filter((snippet) => snippet.page === page && snippet.reason === undefined);
  const script = ['set -euo pipefail', ...blocks.map(({ line, text }) => `echo "--- ${page}:${line}"\n${text}`)].join(
    '\n',
  );
  const { TIDEMARK_URL: _, ...env } = process.env;
  const ran = spawnSync('bash', ['-c', `exec 2>&1\n${script.replaceAll('8787', String(stack.port))}`], {
    cwd: folder,
    env: { ...env, TIDEMARK_STATE: stack.stateDir },
    encoding: 'utf8',
  });
  return { code: ran.status, output: ran.stdout };
}

describe('the shell snippets', () => {
  it('are run, but for a few that are named', () => {
    const notRun = snippets.filter(({ reason }) => reason !== undefined).map(nameOf);
    expect(notRun.sort()).toEqual([...NOT_RUN].sort());
    expect(snippets.length).toBeGreaterThan(2 * NOT_RUN.length);
  });

  it.each(pages.filter((page) => snippets.some((snippet) => snippet.page === page && snippet.reason === undefined)))(
    '%s runs as printed',
    (page) => {
      const { code, output } = runPage(page);
      expect(code, output).toBe(0);
      // curl ends with 0 for a refusal too.
      expect(output).not.toMatch(/"type":\s*"\/docs\/errors#/);
    },
    600_000,
  );
});
