/**
 * Deployment: the steps from nothing to a Worker that answers. Each may be repeated, so a deployment that failed at any
 * step is run again.
 *
 *   ask for the Worker → plan its keys → create resources → migrate → save the keys → upload
 *
 * Every refusal stands before the first change.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../src/local/paths.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import { type DeployedWorker, FINGERPRINT, type KeyPlan, PREVIOUS_KEY, planKeys, type Secrets } from './keys.ts';
import { type Resources, withDatabaseId, withoutAnalytics } from './plan.ts';
import { type Platform, WORKER_ABSENT } from './platform.ts';
import { ensureResources } from './resources.ts';
import type { Wrangler } from './wrangler.ts';

/** Said by the platform when the account has not switched Analytics Engine on. */
const ANALYTICS_ABSENT = /\bcode: 10089\b/;

const DEPLOY = ['deploy'];
const UPLOAD_VERSION = ['versions', 'upload'];

export interface Target {
  readonly platform: Platform;
  readonly wrangler: Wrangler;
  readonly account: string;
  readonly worker: string;
  readonly resources: Resources;
  /** The configuration of the environment, still with its placeholder for the database's id. */
  readonly toml: string;
  readonly keyFile: string;
  readonly say: (line: string) => void;
}

/** The keys, and whether the upload takes traffic. */
export interface DeployOptions {
  /** Uploads a version that takes no traffic: `wrangler versions deploy` gives it some. */
  readonly isUploadOnly?: boolean;

  readonly given: Secrets;
  readonly isRotating: boolean;
  readonly makeKey: () => string;
  /** Tries a root key on the running Worker. Absent when its address is not given. */
  readonly tryKey?: ((key: string) => Promise<boolean>) | undefined;
}

export async function deploy(target: Target, options: DeployOptions): Promise<void> {
  const { platform, account, resources, keyFile, say } = target;
  const worker = await findWorker(target);
  if (options.isUploadOnly) mustBeWhole(worker, options);
  const plan = await planKeys({ worker, saved: readKeyFile(keyFile), ...options });
  if (options.isRotating && worker?.secretNames.has(PREVIOUS_KEY))
    say('the root key was rotated before: --end-rotation ends the one before it');
  if (plan.isWeak) say('the root key of this Worker is weak: replace it, by npm run deploy -- --rotate-root-key');
  const databaseId = await ensureResources(platform, account, resources, say);
  const config = join(root, `wrangler.deploy.${target.worker}.toml`);
  const toml = withDatabaseId(target.toml, databaseId);
  try {
    writeFileSync(config, toml);
    await migrate(target, config);
    await upload(target, plan, { config, toml, command: options.isUploadOnly ? UPLOAD_VERSION : DEPLOY });
  } finally {
    rmSync(config, { force: true });
  }
  if (plan.upload.TIDEMARK_ROOT_KEY) say(`the keys of this Worker are in ${keyFile}: keep a copy elsewhere`);
}

/** A version beside the running one has its Worker's objects and keys: it brings neither. */
function mustBeWhole(worker: DeployedWorker | null, { isRotating }: DeployOptions): void {
  if (worker === null) throw new Error('the Worker does not exist: deploy it first, without --upload-only');
  if (isRotating) throw new Error('a rotation takes effect at once: run it without --upload-only');
}

/** Ends the root key that a rotation has replaced. */
export async function endRotation(target: Target): Promise<void> {
  const { platform, keyFile, say } = target;
  const worker = await findWorker(target);
  if (!worker) throw new Error(`the Worker ${target.worker} does not exist`);
  if (worker.secretNames.has(PREVIOUS_KEY)) await platform.delete(`${scriptPath(target)}/secrets/${PREVIOUS_KEY}`);
  const { [PREVIOUS_KEY]: ended, ...kept } = readKeyFile(keyFile);
  if (ended) writeKeyFile(keyFile, kept);
  say('only the root key of the Worker is accepted now');
}

async function findWorker(target: Target): Promise<DeployedWorker | null> {
  const settings = await target.platform.find(`${scriptPath(target)}/settings`, WORKER_ABSENT);
  if (settings === null) return null;
  const { bindings } = settings as { bindings?: { type: string; name: string; text?: string }[] };
  if (!Array.isArray(bindings)) throw new Error('the settings of the Worker do not list its bindings');
  const secrets = bindings.filter(({ type }) => type === 'secret_text' || type === 'secret_key');
  return {
    secretNames: new Set(secrets.map(({ name }) => name)),
    fingerprint: bindings.find(({ name }) => name === FINGERPRINT)?.text ?? null,
  };
}

function scriptPath({ account, worker }: Target): string {
  return `/accounts/${account}/workers/scripts/${worker}`;
}

async function migrate({ wrangler, account, resources }: Target, config: string): Promise<void> {
  const args = ['d1', 'migrations', 'apply', resources.database, '--remote', '--config', config];
  await wrangler.run(args, { CLOUDFLARE_ACCOUNT_ID: account });
}

interface Upload {
  readonly command: readonly string[];
  readonly config: string;
  readonly toml: string;
}

async function upload(target: Target, { upload: secrets, fingerprint }: KeyPlan, { config, toml, command }: Upload) {
  const { wrangler, account, keyFile, say } = target;
  const hasSecrets = Object.keys(secrets).length > 0;
  if (hasSecrets) writeKeyFile(keyFile, secrets);
  const args = [
    ...command,
    ...['--config', config],
    ...(fingerprint ? ['--var', `${FINGERPRINT}:${fingerprint}`] : []),
    ...(hasSecrets ? ['--secrets-file', keyFile] : []),
  ];
  const env = { CLOUDFLARE_ACCOUNT_ID: account };
  const { isDone, output } = await wrangler.tryRun(args, env);
  if (isDone) return;
  if (!ANALYTICS_ABSENT.test(output)) throw new Error('the upload failed: run the deployment again');
  say('the account has no Analytics Engine: the Worker is deployed without telemetry');
  writeFileSync(config, withoutAnalytics(toml));
  await wrangler.run(args, env);
}
