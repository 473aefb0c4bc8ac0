// The repository works anywhere: no file names a folder of one machine or a package registry.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';
import { readSources } from '../support/sources.ts';

const files = readSources('', /\.(ts|tsx|mjs|js|json|md|toml|sql|yml|html|css|sh)$|^(run|\.npmrc)$/);

/** The places where a checkout or a home folder lives, and this checkout itself. */
const machinePath = new RegExp(
  `(?<![\\w.])/(?:root|work)/\\w|(?<![\\w./:])/(?:home|Users)/\\w+/\\w|${root.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=[/'"\`])`,
);
const registryHost = /\bregistry\.[a-z]+js\b|\bregistry\.yarn/i;

describe('the repository', () => {
  it('names no path of a machine', () => {
    expect(files.filter(({ text }) => machinePath.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('names no registry host', () => {
    expect(files.filter(({ text }) => registryHost.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('locks every package by version, without saying where it came from', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const located = Object.entries<{ resolved?: string }>(packages).filter(
      ([, { resolved }]) => resolved !== undefined,
    );
    expect(located.map(([path]) => path)).toEqual([]);
  });
});
