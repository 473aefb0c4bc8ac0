import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { deploy, endRotation, type Target } from '../../../scripts/deploy/deploy.ts';
import type { Secrets } from '../../../scripts/deploy/keys.ts';
import { type Environment, environmentToml, resourcesOf } from '../../../scripts/deploy/plan.ts';
import { Platform } from '../../../scripts/deploy/platform.ts';
import { Wrangler } from '../../../scripts/deploy/wrangler.ts';
import { rootKeyFingerprint } from '../../../src/http/root-key.ts';
import { configFile, root } from '../../../src/local/paths.ts';
import { FakePlatform } from '../../support/fake-platform.ts';

const toml = readFileSync(configFile, 'utf8');
const resources = resourcesOf(readConfig({ config: configFile }));
const fakeWrangler = join(root, 'test/support/fake-wrangler.mjs');

let fake: FakePlatform;
let url: string;
let folder: string;
let keyCount = 0;

beforeEach(async () => {
  fake = new FakePlatform();
  url = await fake.start();
  folder = mkdtempSync(join(tmpdir(), 'tidemark-deploy-'));
});
afterEach(async () => {
  await fake.stop();
  rmSync(folder, { recursive: true });
});

function targetOf(environment: Environment = 'production'): Target {
  const worker = environment === 'production' ? 'tidemark' : 'tidemark-staging';
  const rename = (name: string) => name.replace('tidemark', worker);
  return {
    platform: new Platform('token', url),
    wrangler: new Wrangler(fakeWrangler, { ...process.env, CLOUDFLARE_API_BASE_URL: url }, () => {}),
    account: 'a1',
    worker,
    resources: {
      database: rename(resources.database),
      buckets: resources.buckets.map(rename),
      queues: resources.queues.map(rename),
    },
    toml: environmentToml(toml, environment),
    keyFile: join(folder, `${worker}.json`),
    say: () => {},
  };
}

const options = (given: Secrets = {}, isRotating = false, tryKey?: (key: string) => Promise<boolean>) => ({
  given,
  isRotating,
  tryKey,
  makeKey: () => `k${keyCount++}-Zq8vT2xLw9RbN4mYc7HsJd5Gf3`,
});
const run = (given: Secrets = {}, isRotating = false) => deploy(targetOf(), options(given, isRotating));
const rotate = (given: Secrets = {}) => run(given, true);
const workerNow = () => fake.workers.get('tidemark')!;
const savedKeys = () => JSON.parse(readFileSync(targetOf().keyFile, 'utf8')) as Record<string, string>;

describe('a deployment', () => {
  it('makes everything from nothing, by names and never by the placeholder id', async () => {
    fake.databases.set('tidemark-of-another', 'id-of-another');
    await run();
    expect(fake.databases.get('tidemark')).toBe('id-of-tidemark');
    expect([...fake.buckets]).toEqual(resources.buckets);
    expect([...fake.queues].sort()).toEqual(resources.queues);
    expect(fake.migrated).toEqual(['tidemark']);
    expect(workerNow().config).toContain('database_id = "id-of-tidemark"');
    expect(workerNow().secrets).toEqual(savedKeys());
    expect(statSync(targetOf().keyFile).mode & 0o777).toBe(0o600);
    expect(workerNow().variables).toEqual({
      TIDEMARK_ROOT_KEY_FINGERPRINT: await rootKeyFingerprint(savedKeys().TIDEMARK_ROOT_KEY!),
    });
    expect(existsSync(join(root, 'wrangler.deploy.tidemark.toml'))).toBe(false);
  });

  it('changes only the Worker the second time, with and without the file of its keys', async () => {
    await run();
    const { secrets, variables } = workerNow();
    const created = [...fake.steps].filter((step) => step.startsWith('POST'));
    expect(created).toHaveLength(6);
    for (const isFileLost of [false, true]) {
      if (isFileLost) rmSync(targetOf().keyFile);
      fake.steps.length = 0;
      await run();
      expect(fake.steps.filter((step) => !step.startsWith('GET'))).toEqual(['migrate', 'upload']);
      expect(workerNow()).toMatchObject({ secrets, variables });
    }
  });

  it('ends well when it is run again after a failure of any step, and keeps the first key it saved', async () => {
    await run();
    const steps = [...new Set(fake.steps)];
    expect(steps).toHaveLength(9);
    for (const failing of steps) {
      await fake.stop();
      fake = new FakePlatform();
      url = await fake.start();
      rmSync(targetOf().keyFile, { force: true });
      fake.failing = failing;
      await expect(run(), failing).rejects.toThrow(/the platform is unwell|failed/);
      const saved = existsSync(targetOf().keyFile) ? savedKeys() : null;
      expect(saved !== null, failing).toBe(failing === 'upload');
      await run();
      expect(workerNow().secrets, failing).toEqual(saved ?? savedKeys());
    }
  });

  it('reads no failed look-up as an absent Worker', async () => {
    await run();
    const { secrets } = workerNow();
    fake.failing = 'GET workers/scripts/tidemark/settings';
    await expect(run()).rejects.toThrow('the platform is unwell (code 10001)');
    await run();
    expect(workerNow().secrets).toEqual(secrets);
  });

  it('takes a resource that another deployment made in the meantime', async () => {
    fake.databases.set('tidemark', 'id-of-tidemark');
    for (const queue of resources.queues) fake.queues.add(queue);
    await targetOf().platform.create('/accounts/a1/d1/database', { name: 'tidemark' });
    await targetOf().platform.create('/accounts/a1/queues', { queue_name: 'tidemark-seal' });
    await run();
    expect(workerNow().config).toContain('id-of-tidemark');
  });

  it('goes without telemetry where the account has no Analytics Engine', async () => {
    fake.hasAnalytics = false;
    await run();
    expect(workerNow().config).not.toContain('TELEMETRY');
    expect(workerNow().config).toContain('[[durable_objects.bindings]]');
    expect(workerNow().secrets).toEqual(savedKeys());
  });

  it('uploads a version without traffic when asked to, to a Worker that exists', async () => {
    const uploadOnly = (more = {}) => deploy(targetOf(), { ...options(), isUploadOnly: true, ...more });
    await expect(uploadOnly()).rejects.toThrow('deploy it first');
    await run();
    const { config, secrets } = workerNow();
    fake.steps.length = 0;
    await uploadOnly();
    expect(fake.steps.filter((step) => !step.startsWith('GET'))).toEqual(['migrate', 'upload-version']);
    expect(fake.uploaded).toEqual(['tidemark']);
    expect(workerNow()).toMatchObject({ config, secrets });
    await expect(uploadOnly({ isRotating: true })).rejects.toThrow('without --upload-only');
  });

  it('keeps staging apart from production', async () => {
    await run();
    const before = structuredClone(workerNow());
    await deploy(targetOf('staging'), options());
    expect(workerNow()).toEqual(before);
    const staging = fake.workers.get('tidemark-staging')!;
    expect(staging.config).toContain('database_id = "id-of-tidemark-staging"');
    expect(staging.secrets.TIDEMARK_ROOT_KEY).not.toBe(before.secrets.TIDEMARK_ROOT_KEY);
    expect(fake.queues.size).toBe(resources.queues.length * 2);
    expect(fake.migrated).toEqual(['tidemark', 'tidemark-staging']);
  });
});

describe('the root key', () => {
  const own = 'an-Operator-own-key/81672-zXw';

  it('comes from the environment when it is there, and then signs alone', async () => {
    await run({ TIDEMARK_ROOT_KEY: own });
    expect(workerNow().secrets).toEqual({ TIDEMARK_ROOT_KEY: own });
  });

  it.each(['x'.repeat(40), 'password'.repeat(4), 'abcdefghijklmnopqrstuvwxyz', 'short'])('is not %s', async (weak) => {
    await expect(run({ TIDEMARK_ROOT_KEY: weak })).rejects.toThrow('TIDEMARK_ROOT_KEY: the root key');
    expect(fake.steps).toEqual(['GET workers/scripts/tidemark/settings']);
  });

  it('of another deployment is refused before anything changes', async () => {
    await run();
    fake.steps.length = 0;
    await expect(run({ TIDEMARK_ROOT_KEY: own })).rejects.toThrow('--rotate-root-key');
    expect(fake.steps).toEqual(['GET workers/scripts/tidemark/settings']);
  });

  it('is not made for a Worker that lacks it', async () => {
    await run();
    delete workerNow().secrets.TIDEMARK_ROOT_KEY;
    rmSync(targetOf().keyFile);
    await expect(run()).rejects.toThrow('has no TIDEMARK_ROOT_KEY');
  });
});

describe('a rotation', () => {
  it('replaces the root key, accepts the old one until it is ended, and signs as before', async () => {
    await run();
    const first = { ...workerNow().secrets };
    await rotate();
    const { TIDEMARK_ROOT_KEY: next, ...others } = workerNow().secrets;
    expect(next).not.toBe(first.TIDEMARK_ROOT_KEY);
    expect(others).toEqual({
      TIDEMARK_SIGNING_KEY: first.TIDEMARK_SIGNING_KEY,
      TIDEMARK_ROOT_KEY_PREVIOUS: first.TIDEMARK_ROOT_KEY,
    });
    expect(savedKeys()).toEqual(workerNow().secrets);
    const rotated = { ...workerNow().secrets };
    await rotate();
    expect(workerNow().secrets).toEqual(rotated);
    await endRotation(targetOf());
    expect(Object.keys(workerNow().secrets).sort()).toEqual(['TIDEMARK_ROOT_KEY', 'TIDEMARK_SIGNING_KEY']);
    expect(savedKeys()).toEqual(workerNow().secrets);
  });

  it('goes on with the key that it made when its upload failed', async () => {
    await run();
    fake.failing = 'upload';
    await expect(rotate()).rejects.toThrow('upload failed');
    const saved = savedKeys();
    await expect(run()).rejects.toThrow('--rotate-root-key');
    await rotate();
    expect(workerNow().secrets).toEqual(saved);
  });

  it('lets the old root key sign on where it signed, so that keys in shipped apps stay valid', async () => {
    const own = 'an-Operator-own-key/81672-zXw';
    await run({ TIDEMARK_ROOT_KEY: own });
    await rotate();
    expect(workerNow().secrets).toMatchObject({ TIDEMARK_SIGNING_KEY: own, TIDEMARK_ROOT_KEY_PREVIOUS: own });
  });

  it('needs the key that it replaces', async () => {
    await run();
    rmSync(targetOf().keyFile);
    await expect(rotate()).rejects.toThrow('set TIDEMARK_ROOT_KEY_PREVIOUS');
    await expect(rotate({ TIDEMARK_ROOT_KEY_PREVIOUS: 'of-something-else-77' })).rejects.toThrow('set TIDEMARK');
  });
});

describe('a deployment of an older release', () => {
  const weak = 'tidemark-tidemark-tidemark';
  const isKey = async (key: string) => key === weak;
  const said: string[] = [];
  const upgrade = (given: Secrets = {}, isRotating = false, tryKey?: typeof isKey) =>
    deploy({ ...targetOf(), say: (line) => said.push(line) }, options(given, isRotating, tryKey));

  beforeEach(async () => {
    said.length = 0;
    await run();
    fake.workers.set('tidemark', { ...workerNow(), secrets: { TIDEMARK_ROOT_KEY: weak }, variables: {} });
    rmSync(targetOf().keyFile);
  });

  it('is upgraded with its weak root key, which is neither replaced nor refused', async () => {
    await upgrade();
    expect(workerNow()).toMatchObject({ secrets: { TIDEMARK_ROOT_KEY: weak }, variables: {} });
    await upgrade({ TIDEMARK_ROOT_KEY: weak }, false, isKey);
    expect(workerNow().secrets).toEqual({ TIDEMARK_ROOT_KEY: weak });
    expect(workerNow().variables).toEqual({ TIDEMARK_ROOT_KEY_FINGERPRINT: await rootKeyFingerprint(weak) });
    expect(said.join('\n')).toContain('the root key of this Worker is weak');
  });

  it('is rotated once the key that it has was tried on it, and its keys go on being signed by that key', async () => {
    await expect(upgrade({ TIDEMARK_ROOT_KEY_PREVIOUS: weak }, true)).rejects.toThrow('TIDEMARK_URL');
    const other = 'an-Operator-own-key/81672-zXw';
    await expect(upgrade({ TIDEMARK_ROOT_KEY_PREVIOUS: other }, true, isKey)).rejects.toThrow('TIDEMARK_URL');
    expect(workerNow().secrets).toEqual({ TIDEMARK_ROOT_KEY: weak });
    await upgrade({ TIDEMARK_ROOT_KEY_PREVIOUS: weak }, true, isKey);
    expect(workerNow().secrets).toMatchObject({ TIDEMARK_ROOT_KEY_PREVIOUS: weak, TIDEMARK_SIGNING_KEY: weak });
    expect(savedKeys()).toEqual(workerNow().secrets);
    await endRotation(targetOf());
    expect(workerNow().secrets).toEqual({
      TIDEMARK_ROOT_KEY: savedKeys().TIDEMARK_ROOT_KEY,
      TIDEMARK_SIGNING_KEY: weak,
    });
  });

  it('is not upgraded with a key that it refuses', async () => {
    const other = 'an-Operator-own-key/81672-zXw';
    await expect(upgrade({ TIDEMARK_ROOT_KEY: other }, false, isKey)).rejects.toThrow('refuses this');
    expect(workerNow().variables).toEqual({});
  });
});
