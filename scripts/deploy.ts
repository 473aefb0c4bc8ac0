/**
 * `npm run deploy`: creates the resources that the account lacks, applies the D1 migrations and deploys the Worker. A
 * second run changes nothing but the Worker.
 *
 * - `--env staging` deploys a second Worker beside production, with a database, a bucket and queues of its own.
 * - `--rotate-root-key` replaces the root key and still accepts the old one; `--end-rotation` ends the old one.
 * - `--upload-only` uploads a version that takes no traffic, for a gradual rollout.
 * - `--dry-run` prints the plan and checks the configuration and the bundle, offline.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unstable_readConfig as readConfig } from 'wrangler';
import { configFile, root } from '../src/local/paths.ts';
import { deploy, endRotation, type Target } from './deploy/deploy.ts';
import { PREVIOUS_KEY, ROOT_KEY, type Secrets, SIGNING_KEY } from './deploy/keys.ts';
import {
  describeCommand,
  ENVIRONMENTS,
  environmentToml,
  findProblems,
  isEnvironment,
  resourcesOf,
} from './deploy/plan.ts';
import { accountIdOf, Platform } from './deploy/platform.ts';
import { Wrangler, wranglerProgram } from './deploy/wrangler.ts';

const { values: options } = parseArgs({
  options: {
    env: { type: 'string', default: 'production' },
    'dry-run': { type: 'boolean', default: false },
    'rotate-root-key': { type: 'boolean', default: false },
    'end-rotation': { type: 'boolean', default: false },
    'upload-only': { type: 'boolean', default: false },
  },
});
const env = process.env;
const say = (line: string) => console.log(line);
const wrangler = new Wrangler(wranglerProgram, env, (text) => process.stdout.write(text));

try {
  await run();
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  if (!isEnvironment(options.env)) throw new Error(`--env is one of ${ENVIRONMENTS.join(', ')}`);
  const toml = environmentToml(readFileSync(configFile, 'utf8'), options.env);
  // The copy lies beside the original, because paths in it are relative.
  const copy = join(root, `wrangler.deploy.${options.env}.toml`);
  try {
    writeFileSync(copy, toml);
    const config = readConfig({ config: copy });
    const problems = findProblems(config, toml);
    if (problems.length > 0) throw new Error(problems.map((problem) => `wrangler.toml: ${problem}`).join('\n'));
    const plan = { worker: config.name!, resources: resourcesOf(config), toml };
    if (options['dry-run']) return await dryRun(plan, copy);
    const target = await targetOf(plan, config.account_id);
    if (options['end-rotation']) return await endRotation(target);
    await deploy(target, {
      given: givenKeys(),
      isRotating: options['rotate-root-key'],
      isUploadOnly: options['upload-only'],
      makeKey: () => randomBytes(32).toString('base64url'),
      tryKey: env.TIDEMARK_URL ? (key) => tryKey(env.TIDEMARK_URL!, key) : undefined,
    });
  } finally {
    rmSync(copy, { force: true });
  }
}

/** Makes a harmless call that needs the root key. */
async function tryKey(url: string, key: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${key}` };
  const { status } = await fetch(new URL('/v1/tenants?limit=1', url), { headers, signal: AbortSignal.timeout(30_000) });
  if (status === 200) return true;
  if (status === 401 || status === 403) return false;
  throw new Error(`${url} answered ${status}: the root key could not be tried`);
}

type Plan = Pick<Target, 'worker' | 'resources' | 'toml'>;

async function dryRun({ worker, resources }: Plan, config: string): Promise<void> {
  say(`A deployment of ${worker} creates what does not exist yet:`);
  say(`  database ${resources.database}`);
  for (const name of resources.buckets) say(`  bucket ${name}`);
  for (const name of resources.queues) say(`  queue ${name}`);
  say(`  secret ${ROOT_KEY} (from the environment, else made at random and saved in .secrets/)`);
  say('Then it runs:');
  say(`  ${describeCommand(['d1', 'migrations', 'apply', resources.database, '--remote'])}`);
  say(`  ${describeCommand(['deploy'])}`);
  await wrangler.run(['deploy', '--dry-run', '--config', config]);
}

async function targetOf(plan: Plan, configured: string | undefined): Promise<Target> {
  const platform = new Platform(await readToken(), env.CLOUDFLARE_API_BASE_URL);
  const account = await accountIdOf(platform, env.CLOUDFLARE_ACCOUNT_ID ?? configured);
  const keyFile = join(root, '.secrets', `${account}.${plan.worker}.json`);
  return { ...plan, platform, wrangler, account, keyFile, say };
}

/** The token of the environment, else that of `wrangler login`. */
async function readToken(): Promise<string> {
  if (env.CLOUDFLARE_API_TOKEN) return env.CLOUDFLARE_API_TOKEN;
  const lines = (await wrangler.readQuietly(['auth', 'token'])).trim().split('\n');
  return lines.at(-1)!.trim();
}

function givenKeys(): Secrets {
  const names = [ROOT_KEY, PREVIOUS_KEY, SIGNING_KEY] as const;
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}
