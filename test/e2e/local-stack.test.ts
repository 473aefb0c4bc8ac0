// The local stack as a user meets it: it gets ready, locks its state, cleans up, and survives any kill with its state.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, stateFiles } from '../../src/local/paths.ts';
import { end, findRuntimes, identify } from '../../src/local/processes.ts';
import { type Stack, startStack, type Victim } from '../support/stack.ts';

describe('the local stack', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tidemark-local-stack-'));
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ stateDir });
  });

  afterAll(async () => {
    await stack.stop();
    expect(findRuntimes(stateDir)).toEqual([]);
    expect(existsSync(stateFiles(stateDir).lock)).toBe(false);
    rmSync(stateDir, { recursive: true, force: true });
  });

  const isHealthy = async () => (await fetch(`${stack.url}/healthz`)).ok;

  /** The status of creating a tenant. 409 shows that it exists, a fact in D1 that must outlive every kill. */
  const createTenant = async (id: string) => {
    const response = await fetch(`${stack.url}/v1/tenants`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.rootKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id, name: id }),
    });
    return response.status;
  };

  it('says where it serves and keeps the keys of the demo tenant to its owner', async () => {
    expect(stack.output()).toContain(`Tidemark ready: ${stack.url}\n`);
    expect(await isHealthy()).toBe(true);
    expect(stack.keys()).toMatchObject({ url: stack.url, root: stack.rootKey });
    expect(Object.keys(stack.keys().tenants.demo ?? {}).sort()).toEqual(['admin', 'read', 'write']);
    const { keys, lock, data } = stateFiles(stateDir);
    expect(statSync(keys).mode & 0o777).toBe(0o600);
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    for (const made of [lock, data, ...readdirSync(data, { recursive: true }).map((file) => join(data, String(file)))])
      expect(statSync(made, { throwIfNoEntry: false })?.mode ?? 0, made).toSatisfy(
        (mode: number) => (mode & 0o077) === 0,
      );
  });

  it('refuses a second start on the same state folder and says who holds it', () => {
    const second = spawnSync(process.execPath, [join(root, 'src/local/start.ts'), '--port', '1', '--state', stateDir], {
      encoding: 'utf8',
    });
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`process ${stack.pid}`);
    expect(second.stderr).toContain(stateDir);
  });

  it('restarts a runtime that was killed, on the same port', async () => {
    expect(await createTenant('before-the-kill')).toBe(201);
    const killed = stack.runtimePid();
    await stack.kill('runtime');
    await stack.waitFor(`Tidemark ready: ${stack.url}`, 2);
    expect(stack.runtimePid()).not.toBe(killed);
    expect(await isHealthy()).toBe(true);
    expect(await createTenant('before-the-kill')).toBe(409);
  });

  it('restarts a runtime that is killed again while it starts', async () => {
    await stack.kill('runtime');
    await sleep(100);
    for (const starting of findRuntimes(stateDir)) await end(starting);
    await expect.poll(() => isHealthy().catch(() => false), { timeout: 30_000 }).toBe(true);
  });

  it('ends the runtime that a killed parent left behind', async () => {
    const orphan = stack.runtimePid();
    await stack.kill('parent');
    expect(identify(orphan)).toBeDefined();
    stack = await startStack({ stateDir, port: stack.port });
    expect(identify(orphan)).toBeUndefined();
    expect(findRuntimes(stateDir).map(({ pid }) => pid)).toEqual([stack.runtimePid()]);
    expect(stack.output()).toContain(`Ending the runtime ${orphan}`);
  });

  it.each<Victim>(['parent', 'both'])('keeps its state when %s is killed', async (victim) => {
    const tenant = `survives-${victim}`;
    expect(await createTenant(tenant)).toBe(201);
    const keys = stack.keys();
    await stack.kill(victim);
    stack = await startStack({ stateDir, port: stack.port });
    expect(await isHealthy()).toBe(true);
    expect(await createTenant(tenant)).toBe(409);
    expect(stack.keys()).toEqual(keys);
  });
});
