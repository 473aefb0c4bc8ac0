// Every page of the dashboard in every state, on a desktop and a phone, light and dark: a quarter of an hour, which only
// ALL_PAGES=1 spends. pages.test.ts has a few of them.

import { describe } from 'vitest';
import { describePages } from './pages-contract.ts';

const looks = (['desktop', 'phone'] as const).flatMap((size) =>
  (['light', 'dark'] as const).map((scheme) => ({ size, scheme })),
);

describe.skipIf(process.env.ALL_PAGES !== '1')('in every state and look,', () => {
  describePages((['data', 'empty', 'error'] as const).map((state) => ({ state, looks })));
});
