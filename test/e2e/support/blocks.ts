// Blocks: the code of README.md, docs/lake.md and the guides, as it is printed.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../src/local/paths.ts';

export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
  readonly line: number;
  /** Why it is not run; undefined when it is. The page says so in a comment before it: `<!-- not run: the reason -->`. */
  readonly reason: string | undefined;
}

const BLOCK = /(?:<!-- not run: (.+?) -->\n)?```(\w+)\n([\s\S]*?)```/g;

const guides = readdirSync(join(root, 'docs/guides'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/guides/${name}`);

export function blocksIn(languages: readonly string[]): Block[] {
  return ['README.md', 'docs/lake.md', ...guides.sort()]
    .flatMap(blocksOf)
    .filter(({ language }) => languages.includes(language));
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(BLOCK)].map(({ index, 1: reason, 2: language = '', 3: code = '' }) => ({
    page,
    language,
    text: code,
    line: text.slice(0, index).split('\n').length,
    reason,
  }));
}

/** A block by its page and its first line, as lists of blocks name it. */
export const nameOf = ({ page, text }: Block): string => `${page}: ${text.split('\n')[0]}`;
