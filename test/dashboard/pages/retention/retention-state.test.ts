import { describe, expect, it, vi } from 'vitest';

// The router reads the browser's globals when it is loaded.
const location = { pathname: '/retention', search: '' };
let listen = () => {};
vi.stubGlobal('location', location);
vi.stubGlobal('addEventListener', (_: string, listener: () => void) => {
  listen = listener;
});
// Another file may have loaded them with other globals.
vi.resetModules();
const { retentionState } = await import('../../../../src/dashboard/pages/retention/retention-state.ts');

function stateOf(search: string) {
  Object.assign(location, { search });
  listen();
  return retentionState('day');
}

describe('the state of the page of retention', () => {
  it('names the cell whose people are shown', () => {
    const { shown } = stateOf('?who=2026-11-01T00:00:00Z_3.returned');
    expect(shown).toEqual({ cohort: '2026-11-01T00:00:00Z', n: 3, outcome: 'returned' });
  });

  it.each(['2026-11-01T00:00:00Z_999999999.returned', 'never_3.gone', '2026-11-01T00:00:00Z_3.left'])(
    'shows no people of %s, which is no cell',
    (who) => {
      expect(stateOf(`?who=${who}`).shown).toBeNull();
    },
  );
});
