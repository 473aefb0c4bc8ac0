import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltFile, type BuiltSite, bundleDashboard } from '../../src/local/build-dashboard.ts';
import { root } from '../../src/local/paths.ts';

const KB = 1_000;
const FIRST_LOAD_BYTES_MAX = 60 * KB;
const PAGE_BYTES_MAX = 25 * KB;

describe('the build of the dashboard', () => {
  let site: BuiltSite;
  beforeAll(async () => {
    site = await bundleDashboard();
  });

  const fileAt = (path: string): BuiltFile => {
    const file = site.files.find((one) => one.path === path);
    if (!file) throw new Error(`The build has no ${path}`);
    return file;
  };
  /** The paths and all that they load at once. */
  const closure = (paths: readonly string[], found = new Set<string>()): Set<string> => {
    for (const path of paths.filter((one) => !found.has(one))) {
      found.add(path);
      closure(fileAt(path).imports, found);
    }
    return found;
  };
  const bytesOf = (paths: Iterable<string>) =>
    [...paths].reduce((sum, path) => sum + gzipSync(fileAt(path).text).length, 0);
  const ofHtml = () => [...site.html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  const pageFile = (page: string) => site.files.find((file) => file.page === page)!.path;
  const firstLoad = () => closure([...ofHtml(), pageFile('overview')]);

  it('loads the overview in at most 60 KB of gzip', () => {
    expect(bytesOf(firstLoad())).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
  });

  it('loads each other page in at most 25 KB more', () => {
    const known = firstLoad();
    const pages = site.files.filter(({ page }) => page !== null && page !== 'overview');
    const tooBig = pages
      .map(({ path, page }) => ({ page, bytes: bytesOf([...closure([path])].filter((one) => !known.has(one))) }))
      .filter(({ bytes }) => bytes > PAGE_BYTES_MAX);
    expect(tooBig).toEqual([]);
  });

  it('tells the files of each page that the document does not load itself', () => {
    const known = closure(ofHtml());
    const wanted = site.files
      .filter(({ page }) => page !== null)
      .map(({ path, page }) => [page, [...closure([path])].filter((one) => !known.has(one)).sort()]);
    expect(wanted.length).toBeGreaterThan(10);
    const told = Object.entries(site.pages).map(([page, paths]) => [page, [...paths].sort()]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(wanted));
    expect(site.pages.overview).toContain(pageFile('overview'));
  });

  it('names each file by the hash of its content', () => {
    for (const { path } of site.files) expect(path).toMatch(/^\/assets\/[\w-]+-[\w-]{8}\.(js|css)$/);
  });

  it('has no inline script or style, which the policy would not run', () => {
    expect(site.html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
  });

  it('has a document at the path of every page of the table', () => {
    const read = (path: string) => readFileSync(join(root, path), 'utf8');
    const table = [...read('src/dashboard/page-table.ts').matchAll(/path: '([^']+)'/g)].map(([, path]) => path);
    const served = [...read('src/http/page-routes.ts').matchAll(/^ {2}'(\/\w*)': '/gm)].map(([, path]) => path);
    expect(table.length).toBeGreaterThan(1);
    expect(served).toEqual(expect.arrayContaining(table));
  });
});
