/** Shell: the bar on top, the navigation, the bar of the question, and the page below it. */
import { useEffect } from 'preact/hooks';
import { setTheme, type Theme, theme } from '../charts/color.ts';
import { noteFirstShown } from '../data/first.ts';
import { short } from '../data/format.ts';
import { live } from '../data/live.ts';
import { hrefOf, path } from '../data/router.ts';
import { demoKeys, forgetKeys, session, showTenant, tenants } from '../data/session.ts';
import { Icon } from '../parts/icon.tsx';
import { Lazy } from '../parts/lazy.tsx';
import { Menu } from '../parts/menu.tsx';
import { Empty, Skeleton } from '../parts/states.tsx';
import './frame.css';
import { Keyboard } from './keyboard.tsx';
import type { Page } from './page.ts';
import { QuestionBar } from './question-bar.tsx';

export function Shell({ pages }: { readonly pages: readonly Page[] }) {
  const page = pages.find((one) => one.path === path.value);
  useEffect(() => {
    document.title = `${page?.name ?? 'Not found'} · Tidemark`;
    if (page?.asksFirst !== true) noteFirstShown();
  }, [page]);
  return (
    <div class="shell">
      <a class="skip" href="#page">
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href={hrefOf('/')} data-page>
          <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="7" />
            <path d="M5 12q5.500-5 11 0t11 0M5 20q5.500-5 11 0t11 0" />
          </svg>
          <span>Tidemark</span>
        </a>
        <TenantMenu />
        <span class="grow" />
        <LiveBadge />
        <ThemeButton />
        <Keyboard pages={pages} />
      </header>
      <nav class="nav" aria-label="Pages">
        <Links pages={pages.filter(({ group }) => group === 'ask')} />
        <hr />
        <Links pages={pages.filter(({ group }) => group === 'run')} />
      </nav>
      <main class="page" id="page" tabIndex={-1} key={session.value?.tenant}>
        {page?.hasBar && <QuestionBar />}
        {page ? <LoadedPage key={page.path} page={page} /> : <NotFound />}
      </main>
    </div>
  );
}

function Links({ pages }: { readonly pages: readonly Page[] }) {
  return (
    <ul>
      {pages.map((one) => (
        <li key={one.path}>
          <a href={hrefOf(one.path)} data-page aria-current={one.path === path.value ? 'page' : undefined}>
            <Icon name={one.icon} size={18} />
            <span>{one.name}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Shows the page once its module is here. */
export function LoadedPage({ page }: { readonly page: Page }) {
  return <Lazy load={page.load} wait={<Skeleton height={320} />} />;
}

function NotFound() {
  return (
    <Empty title="There is no such page.">
      <a href={hrefOf('/')} data-page>
        Open the overview
      </a>
    </Empty>
  );
}

/** The people of the last 30 minutes. */
function LiveBadge() {
  const { state, people } = live.value;
  if (state === 'starting') return null;
  return (
    <span class="live-badge" data-state={state} title="People of the last 30 minutes">
      {state === 'live' ? `${short(people)} live` : state}
    </span>
  );
}

function TenantMenu() {
  const shown = session.value;
  if (!shown) return null;
  const items = tenants.value.map(([id, name]) => ({
    label: name,
    isChosen: id === shown.tenant,
    onChoose: () => showTenant(id),
  }));
  const own = demoKeys.value?.tenant === shown.tenant ? [] : [forget];
  return <Menu label={<span class="tenant-name">{shown.name}</span>} title="Tenant" items={[...items, ...own]} />;
}

const forget = { label: 'Forget the keys', isChosen: false, group: 'This tab', onChoose: forgetKeys };

const THEMES: readonly { readonly id: Theme; readonly label: string }[] = [
  { id: 'auto', label: 'As the system' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
];

function ThemeButton() {
  const items = THEMES.map(({ id, label }) => ({
    label,
    isChosen: theme.value === id,
    onChoose: () => setTheme(id),
  }));
  return <Menu look="icon" align="end" label={<Icon name="theme" size={18} />} title="Colours" items={items} />;
}
