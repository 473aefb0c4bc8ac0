// Every page of the dashboard in every state, on a desktop and a phone, light and dark.

import { describePages } from './pages-contract.ts';

const looks = (['desktop', 'phone'] as const).flatMap((size) =>
  (['light', 'dark'] as const).map((scheme) => ({ size, scheme })),
);

describePages((['data', 'empty', 'error'] as const).map((state) => ({ state, looks })));
