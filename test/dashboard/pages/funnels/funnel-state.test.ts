import { expect, it, vi } from 'vitest';

// The modules of the URL and the session read the browser's globals when they are loaded.
const location = { pathname: '/funnels', search: '' };
let listen = () => {};
vi.stubGlobal('location', location);
vi.stubGlobal('addEventListener', (_: string, listener: () => void) => {
  listen = listener;
});
vi.stubGlobal('document', { hidden: true });
// Another file may have loaded them with other globals.
vi.resetModules();
const { funnelState } = await import('../../../../src/dashboard/pages/funnels/funnel-state.ts');

it.each([
  ['1.reached', { step: 1, outcome: 'reached' }],
  ['12.dropped', { step: 12, outcome: 'dropped' }],
  ['0.reached', null],
  ['1.left', null],
])('a link with who=%s shows the people of %j', (who, shown) => {
  Object.assign(location, { search: `?s=page&s=Purchase&who=${who}` });
  listen();
  expect(funnelState([]).shown).toEqual(shown);
});
