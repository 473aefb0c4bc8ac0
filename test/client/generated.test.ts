// The generated types are those of the routes, and the examples of the documentation compile with them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clientTypes, typeOf } from '../../scripts/client-types.ts';
import { root } from '../../src/local/paths.ts';
import { openApiOf } from '../../src/openapi/document.ts';
import { fakeApp } from '../support/fake-services.ts';

describe('the types of the client', () => {
  it('are those of the routes: `npm run generate` writes them', () => {
    const isCurrent = readFileSync(join(root, 'src/client/api.ts'), 'utf8') === clientTypes(openApiOf(fakeApp().app));
    expect(isCurrent, 'src/client/api.ts is out of date: npm run generate').toBe(true);
  });

  it('follow from JSON schemas', () => {
    expect(typeOf({ type: ['string', 'null'] })).toBe('string | null');
    expect(typeOf({ type: 'array', items: { anyOf: [{ const: 'a' }, { $ref: '#/x/B' }] } })).toBe(
      `readonly ("a" | Components['B'])[]`,
    );
    expect(typeOf({ type: 'object', properties: { 'a-b': { type: 'integer' } }, required: ['a-b'] })).toBe(
      '{ readonly "a-b": number }',
    );
    expect(typeOf({ type: 'object', additionalProperties: {} })).toBe('{ readonly [name: string]: unknown }');
    expect(() => typeOf({ type: 'string', if: {} })).toThrow('know no if');
  });
});

describe('the examples of the documentation', () => {
  it('compile', { timeout: 60_000 }, () => {
    const guides = readdirSync(join(root, 'docs/guides'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => `docs/guides/${file}`);
    const blocks = ['README.md', ...guides].flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/```ts\n(.*?)```/gs)]
        .map(([, code]) => code!)
        .filter((code) => code.includes('tidemark/client')),
    );
    expect(blocks.length).toBeGreaterThan(4);
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-examples-'));
    try {
      for (const [index, code] of blocks.entries()) writeFileSync(join(folder, `example-${index}.ts`), code);
      const paths = { 'tidemark/client': [join(root, 'src/client/client.ts')] };
      const compilerOptions = { paths, lib: ['es2024', 'dom', 'dom.iterable'], rootDir: '/', types: [] };
      const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
      expect(stdout).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
