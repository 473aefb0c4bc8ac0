// Every page of the dashboard, with data, in two looks. All states and looks are in pages.long.test.ts.

import { describePages } from './pages-contract.ts';

describePages([
  {
    state: 'data',
    looks: [
      { size: 'desktop', scheme: 'light' },
      { size: 'phone', scheme: 'dark' },
    ],
  },
]);
