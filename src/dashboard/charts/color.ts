/** Color: the present values of the tokens, as a canvas needs them, with `light-dark()` resolved. */
import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
const NAME = 'tidemark.theme';

export const theme = signal<Theme>(readTheme());
/** Counts the changes of the ground, so that charts are drawn again. */
export const groundChanges = signal(0);

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => groundChanges.value++);

/** Applies the theme that was chosen, and keeps a new choice. */
export function setTheme(next: Theme): void {
  theme.value = next;
  if (next === 'auto') localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, next);
  applyTheme();
  groundChanges.value++;
}

export function applyTheme(): void {
  if (theme.value === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}

/** The values of tokens on one ground: to ask for one costs the page its styles. */
const known = { ground: 0, colors: new Map<string, string>() };

export function colorOf(token: string): string {
  const ground = groundChanges.peek();
  if (known.ground !== ground) {
    known.ground = ground;
    known.colors.clear();
  }
  const color = known.colors.get(token) ?? computedColor(token);
  known.colors.set(token, color);
  return color;
}

/** An element of its own is asked: a colour that is set on the body is one of everything in it. */
function computedColor(token: string): string {
  const probe = document.createElement('span');
  probe.hidden = true;
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const SERIES_COUNT = 8;

/** The token of the n-th series; those beyond the eighth are grey. */
export function seriesToken(index: number): string {
  return `--series-${Math.min(index + 1, SERIES_COUNT)}`;
}

function readTheme(): Theme {
  const kept = localStorage.getItem(NAME);
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}
