/** Main: opens the session and mounts the frame. */
import { render } from 'preact';
import './tokens.css';
import './parts/parts.css';
import { applyTheme } from './charts/color.ts';
import { startLive } from './data/live.ts';
import { followClock } from './data/range.ts';
import { followLinks, path } from './data/router.ts';
import { App } from './frame/app.tsx';
import { PAGES } from './page-table.ts';

// The page's module is fetched while the session opens.
void PAGES.find((page) => page.path === path.value)
  ?.load()
  .catch(() => {});
applyTheme();
followLinks();
followClock();
startLive();
render(<App pages={PAGES} />, document.getElementById('app')!);
