/**
 * Page table: the pages in the order of the navigation. A new page is a folder `pages/<name>` with a `page.tsx`, whose
 * default export shows it, and a line here; `src/http/page-routes.ts` names its path.
 */
import type { Page } from './frame/page.ts';

export const PAGES: readonly Page[] = [
  {
    path: '/',
    name: 'Overview',
    icon: 'overview',
    group: 'ask',
    hasBar: true,
    load: () => import('./pages/overview/page.tsx'),
  },
  {
    path: '/explore',
    name: 'Explore',
    icon: 'explore',
    group: 'ask',
    hasBar: true,
    load: () => import('./pages/explore/page.tsx'),
  },
];
