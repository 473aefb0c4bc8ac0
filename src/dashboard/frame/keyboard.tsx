/** Keyboard: the buttons of the palette and of the help, and the shortcuts that open them and the pages. */
import { useEffect, useState } from 'preact/hooks';
import { go, hrefOf, setParams } from '../data/router.ts';
import { Icon } from '../parts/icon.tsx';
import { Lazy } from '../parts/lazy.tsx';
import type { Page } from './page.ts';
import { bindShortcuts } from './shortcuts.ts';

/** The ranges behind the digits. */
const RANGES = ['today', 'yesterday', '7d', '30d', '90d', '12m'] as const;

export function Keyboard({ pages }: { readonly pages: readonly Page[] }) {
  const [open, setOpen] = useState<'palette' | 'help' | null>(null);
  const shortcuts = shortcutsOf(pages, setOpen);
  useEffect(() => bindShortcuts(shortcutsOf(pages, setOpen)), [pages]);
  useEffect(preloadPalette, []);
  const onClose = () => setOpen(null);
  return (
    <>
      <button type="button" class="button find" onClick={() => setOpen('palette')}>
        <Icon name="search" size={14} />
        <span class="find-words">Find anything</span>
        <kbd>⌘K</kbd>
      </button>
      <button type="button" class="button quiet help-button" title="Keyboard shortcuts" onClick={() => setOpen('help')}>
        <span class="sr">Keyboard shortcuts</span>
        <Icon name="help" size={18} />
      </button>
      {open === 'palette' && <Lazy load={loadPalette} pages={pages} onClose={onClose} />}
      {open === 'help' && <Lazy load={() => import('./help.tsx')} shortcuts={shortcuts} onClose={onClose} />}
    </>
  );
}

const loadPalette = () => import('./palette.tsx');
/** Late enough not to be in the way of the page. */
const PRELOAD_MS = 1_500;

/** Loads the palette ahead, so that what is typed at once after its shortcut lands in it. */
function preloadPalette(): () => void {
  const timer = setTimeout(loadPalette, PRELOAD_MS);
  return () => clearTimeout(timer);
}

function shortcutsOf(pages: readonly Page[], setOpen: (open: 'palette' | 'help') => void) {
  return [
    { keys: '⌘K', name: 'Find anything (also Ctrl K)', run: () => setOpen('palette') },
    { keys: '/', name: 'Find anything', run: () => setOpen('palette') },
    { keys: '?', name: 'Show this list', run: () => setOpen('help') },
    ...pages
      .filter(({ shortcut }) => shortcut !== undefined)
      .map(({ shortcut, name, path }) => ({
        keys: `g ${shortcut}`,
        name: `Open ${name}`,
        run: () => go(hrefOf(path)),
      })),
    ...RANGES.map((id, index) => ({ keys: String(index + 1), name: `Show ${id}`, run: () => setParams({ r: id }) })),
    { keys: 'x', name: 'Remove all filters', run: () => setParams({ f: null }) },
  ];
}
