/**
 * Router: the URL is the state of the page. The path names the page, the parameters its question, so a link shows the
 * same, and Back undoes the last step.
 */
import { computed, signal } from '@preact/signals';

const place = signal({ path: location.pathname, search: location.search });

addEventListener('popstate', () => {
  place.value = { path: location.pathname, search: location.search };
});

export const path = computed(() => place.value.path);
/** The parameters of the URL. Reading it in a component renders the component again when they change. */
export const params = computed(() => new URLSearchParams(place.value.search));

/** Parameters that all pages share, which stay when another page is opened. */
const SHARED = ['r', 'c', 'f', 'bots'];

export function go(url: string, { replace = false } = {}): void {
  if (url === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  const { pathname, search } = location;
  const isOther = pathname !== place.value.path;
  place.value = { path: pathname, search };
  if (isOther) scrollTo(0, 0);
}

/** Sets parameters of the shown page: null removes one, a list repeats it. */
export function setParams(
  changes: Readonly<Record<string, string | readonly string[] | null>>,
  options: { replace?: boolean } = {},
): void {
  go(urlWith(changes), options);
}

/** The URL of the shown page with other parameters. */
export function urlWith(changes: Readonly<Record<string, string | readonly string[] | null>>): string {
  const next = new URLSearchParams(place.value.search);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    if (value === null) continue;
    for (const one of typeof value === 'string' ? [value] : value) next.append(name, one);
  }
  return join(place.value.path, next);
}

/** The URL of a page, with the range and the filters of the shown one. Own parameters are added. */
export function hrefOf(page: string, own: Readonly<Record<string, string>> = {}): string {
  const next = new URLSearchParams();
  for (const name of SHARED) for (const value of params.value.getAll(name)) next.append(name, value);
  for (const [name, value] of Object.entries(own)) next.set(name, value);
  return join(page, next);
}

function join(pathname: string, search: URLSearchParams): string {
  // Colons, slashes and commas are allowed in a query; they keep the URL readable.
  const text = search
    .toString()
    .replaceAll('%3A', ':')
    .replaceAll('%2F', '/')
    .replaceAll('%2C', ',')
    .replaceAll('%7E', '~');
  return text === '' ? pathname : `${pathname}?${text}`;
}

/** Lets the router follow the links of this origin. Clicks with a modifier open a tab, as everywhere. */
export function followLinks(): void {
  addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a');
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (!link.hasAttribute('data-page')) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
