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
  {
    path: '/funnels',
    name: 'Funnels',
    icon: 'funnels',
    group: 'ask',
    hasBar: true,
    load: () => import('./pages/funnels/page.tsx'),
  },
  {
    path: '/retention',
    name: 'Retention',
    icon: 'retention',
    group: 'ask',
    hasBar: true,
    load: () => import('./pages/retention/page.tsx'),
  },
  {
    path: '/paths',
    name: 'Paths',
    icon: 'paths',
    group: 'ask',
    hasBar: true,
    load: () => import('./pages/paths/page.tsx'),
  },
  {
    path: '/sessions',
    name: 'Sessions',
    icon: 'sessions',
    group: 'ask',
    hasBar: true,
    load: () => import('./pages/sessions/page.tsx'),
  },
  {
    path: '/lifecycle',
    name: 'Lifecycle',
    icon: 'lifecycle',
    group: 'ask',
    hasBar: true,
    load: () => import('./pages/lifecycle/page.tsx'),
  },
  {
    path: '/people',
    name: 'People',
    icon: 'people',
    group: 'ask',
    hasBar: true,
    load: () => import('./pages/people/page.tsx'),
  },
  {
    path: '/person',
    name: 'Person',
    icon: 'people',
    group: null,
    hasBar: false,
    load: () => import('./pages/person/page.tsx'),
  },
  {
    path: '/cohorts',
    name: 'Cohorts',
    icon: 'cohorts',
    group: 'ask',
    hasBar: false,
    load: () => import('./pages/cohorts/page.tsx'),
  },
  {
    path: '/boards',
    name: 'Boards',
    icon: 'boards',
    group: 'ask',
    hasBar: false,
    load: () => import('./pages/boards/page.tsx'),
  },
];
