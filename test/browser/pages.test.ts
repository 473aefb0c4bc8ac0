// A few pages of the dashboard, in two looks. All pages in all states and looks are in pages.long.test.ts.

import { describePages } from './pages-contract.ts';

describePages([
  { state: 'data', looks: [{ size: 'desktop', scheme: 'light' }], paths: ['/', '/explore'] },
  { state: 'empty', looks: [{ size: 'desktop', scheme: 'light' }], paths: ['/'] },
  { state: 'error', looks: [{ size: 'phone', scheme: 'dark' }], paths: ['/', '/data'] },
]);
