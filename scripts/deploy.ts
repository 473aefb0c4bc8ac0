/**
 * `npm run deploy`: creates the resources that the account lacks, applies the D1 migrations and deploys the Worker. A
 * second run changes nothing but the Worker. `--dry-run` prints the commands and checks the configuration and the
 * bundle, offline.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unstable_readConfig as readConfig } from 'wrangler';
import { configFile, root } from '../src/local/paths.ts';
import { rootKeyName } from '../src/local/root-key.ts';
import { describeCommand, findProblems, resourcesOf } from './deploy/plan.ts';
import { succeeds, wrangler } from './deploy/wrangler.ts';

/** A copy of wrangler.toml with the id of the database. It lies beside the original because its paths are relative. */
const deployConfig = join(root, 'wrangler.deploy.toml');
const secretsFile = join(root, '.wrangler.secrets.json');

const { values: options } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });

const config = readConfig({ config: configFile });
const resources = resourcesOf(config);
const database = config.d1_databases[0];

const problems = findProblems(config, readFileSync(configFile, 'utf8'));
for (const problem of problems) console.error(`wrangler.toml: ${problem}`);
if (problems.length > 0 || !database?.database_name) process.exit(1);
const databaseName = database.database_name;

const migrateArgs = ['d1', 'migrations', 'apply', databaseName, '--remote', '--config', deployConfig];
const deployArgs = ['deploy', '--config', deployConfig];

if (options['dry-run']) dryRun();
else deploy();

function dryRun(): void {
  console.log('A deployment creates what does not exist yet:');
  for (const { create } of resources) console.log(`  ${describeCommand(create)}`);
  console.log(`  secret ${rootKeyName} (from the environment, else made at random and shown once)`);
  console.log('Then it runs:');
  for (const args of [migrateArgs, deployArgs]) console.log(`  ${describeCommand(args)}`);
  wrangler(['deploy', '--dry-run', '--config', configFile]);
}

function deploy(): void {
  for (const { name, exists, create } of resources) {
    if (succeeds(exists)) console.log(`${name} exists`);
    else wrangler(create);
  }
  const rootKey = hasRootKey() ? undefined : (process.env[rootKeyName] ?? randomBytes(32).toString('base64url'));
  try {
    writeFileSync(deployConfig, withDatabaseId(databaseId()));
    wrangler(migrateArgs);
    if (rootKey) writeFileSync(secretsFile, JSON.stringify({ [rootKeyName]: rootKey }), { mode: 0o600 });
    wrangler(rootKey ? [...deployArgs, '--secrets-file', secretsFile] : deployArgs);
  } finally {
    rmSync(deployConfig, { force: true });
    rmSync(secretsFile, { force: true });
  }
  if (rootKey && !process.env[rootKeyName])
    console.log(`\n${rootKeyName}=${rootKey}\nKeep this key: it is not shown again.`);
}

function hasRootKey(): boolean {
  const args = ['secret', 'list', '--config', configFile, '--format', 'json'];
  // A Worker that was never deployed has no secrets to list.
  return succeeds(args) && wrangler(args, 'quiet').includes(`"${rootKeyName}"`);
}

function databaseId(): string {
  const { uuid } = JSON.parse(wrangler(['d1', 'info', databaseName, '--json'], 'quiet'));
  return uuid;
}

function withDatabaseId(id: string): string {
  return readFileSync(configFile, 'utf8').replace(/^database_id = .*$/m, `database_id = "${id}"`);
}
