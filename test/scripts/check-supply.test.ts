import { describe, expect, it } from 'vitest';
import { findLockProblems, findUnpinnedActions } from '../../scripts/check-supply.ts';

const integrity = `sha512-${'A'.repeat(86)}==`;

describe('the supply check', () => {
  it('accepts a package with integrity, a link, and the repository itself', () => {
    expect(findLockProblems({ '': {}, 'node_modules/a': { integrity }, 'node_modules/b': { link: true } })).toEqual([]);
  });

  it.each([
    ['none', {}],
    ['an empty one', { integrity: '' }],
    ['a SHA-1', { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }],
    ['a cut one', { integrity: integrity.slice(0, -5) }],
  ])('refuses a package whose integrity is %s', (_, entry) => {
    expect(findLockProblems({ 'node_modules/a': entry })).toEqual(['node_modules/a has no SHA-512 integrity']);
  });

  it('refuses a package that names a host', () => {
    const problems = findLockProblems({ 'node_modules/a': { integrity, resolved: 'https://host.example/a.tgz' } });
    expect(problems).toEqual(['node_modules/a names where it was fetched: https://host.example/a.tgz']);
  });

  it.each(['actions/checkout@v4', 'actions/checkout@main', 'actions/checkout', 'a/b@11bd719', "'a/b@v1.2.3'"])(
    'refuses the action %s',
    (action) => expect(findUnpinnedActions(`steps:\n      - uses: ${action}\n`)).toHaveLength(1),
  );

  it('accepts an action at a commit and one of this repository', () => {
    const workflow = `- uses: a/b@${'0a'.repeat(20)} # v1\n- name: x\n  uses: ./.github/actions/c\n`;
    expect(findUnpinnedActions(workflow)).toEqual([]);
  });
});
