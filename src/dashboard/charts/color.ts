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

export function colorOf(token: string): string {
  const probe = document.body;
  const before = probe.style.color;
  probe.style.color = `var(${token})`;
  const { color } = getComputedStyle(probe);
  probe.style.color = before;
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
