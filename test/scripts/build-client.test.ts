// The client as others import it: the guide's first example, compiled and run against the built package.

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';

const GUIDE = readFileSync(join(root, 'docs/guides/client.md'), 'utf8');
const [, EXAMPLE = ''] = /```ts\n(.*?)```/s.exec(GUIDE) ?? [];

describe('the built client', () => {
  let folder: string;

  beforeAll(() => {
    execFileSync(process.execPath, [join(root, 'scripts/build-client.ts')], { cwd: root });
    folder = mkdtempSync(join(tmpdir(), 'tidemark-client-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules/tidemark'), 'dir');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  it('has the types of the example, and refuses a call that there is not', { timeout: 120_000 }, () => {
    const compilerOptions = {
      module: 'nodenext',
      strict: true,
      noEmit: true,
      // Its own sources would hide what is missing from the package.
      preserveSymlinks: true,
      lib: ['es2024', 'dom', 'dom.iterable'],
      types: [],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const compile = () => {
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      return spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout;
    };
    writeFileSync(join(folder, 'example.ts'), EXAMPLE);
    expect(compile()).toBe('');
    writeFileSync(join(folder, 'example.ts'), EXAMPLE.replace('/v1/query', '/v1/qeury'));
    expect(compile()).toContain('/v1/qeury');
  });

  it('runs the example', { timeout: 60_000 }, async () => {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (part) => (text += part));
      request.on('end', () => {
        asked.push([request.method, request.url, request.headers.authorization, JSON.parse(text)]);
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ series: [{ key: { country: 'DE' }, total: 7 }], meta: { complete: true } }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      writeFileSync(
        join(folder, 'example.mjs'),
        EXAMPLE.replace(':8787', `:${port}`).replace('tm_read_…', 'tm_read_x'),
      );
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'example.mjs')]);
      expect(stdout).toBe('DE 7 true\n');
      expect(asked).toEqual([
        ['POST', '/v1/query', 'Bearer tm_read_x', expect.objectContaining({ measure: 'users', groupBy: ['country'] })],
      ]);
    } finally {
      server.close();
    }
  });
});
