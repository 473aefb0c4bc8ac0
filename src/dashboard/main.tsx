/** Main: opens the session and mounts the frame. */
import { render } from 'preact';
import './tokens.css';
import './parts/parts.css';
import { applyTheme } from './charts/color.ts';
import { startLive } from './data/live.ts';
import { followLinks } from './data/router.ts';
import { App } from './frame/app.tsx';
import { PAGES } from './page-table.ts';

applyTheme();
followLinks();
startLive();
render(<App pages={PAGES} />, document.getElementById('app')!);
