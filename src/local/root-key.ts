/**
 * Root key: the secret that may create tenants. It comes from the environment or from `.dev.vars`, where the local
 * stack keeps the random key that it makes when there is none.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { unstable_getVarsForDev as readVars } from 'wrangler';
import { configFile, devVarsFile } from './paths.ts';

export const rootKeyName = 'TIDEMARK_ROOT_KEY';

export function findRootKey(env: NodeJS.ProcessEnv): string {
  return env[rootKeyName] || readRootKey() || makeRootKey();
}

function readRootKey(): string | undefined {
  if (!existsSync(devVarsFile)) return undefined;
  const value = readVars(configFile, undefined, {}, undefined, true)[rootKeyName];
  return value && 'value' in value ? String(value.value) : undefined;
}

function makeRootKey(): string {
  const key = randomBytes(32).toString('base64url');
  const isLineEnded = !existsSync(devVarsFile) || /(^|\n)$/.test(readFileSync(devVarsFile, 'utf8'));
  appendFileSync(devVarsFile, `${isLineEnded ? '' : '\n'}${rootKeyName}="${key}"\n`, { mode: 0o600 });
  return key;
}
