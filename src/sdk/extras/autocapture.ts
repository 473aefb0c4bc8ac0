/**
 * Autocapture: events of clicks and sent forms, without code.
 *
 * `<button data-tm-event="Plan Chosen" data-tm-plan="pro">` sends `Plan Chosen` with `{plan: "pro"}`. With `all`, clicks on
 * other links and buttons send `Element Clicked`. What people type is never read.
 */
import type { Properties } from '../event.ts';
import type { Tidemark } from '../tidemark.ts';

const ATTRIBUTE = 'data-tm-event';
const TEXT_LENGTH_MAX = 100;

export function autocapture(
  { track }: Pick<Tidemark, 'track'>,
  { all = false }: { readonly all?: boolean } = {},
): void {
  document.addEventListener('click', ({ target }) => capture(target, `[${ATTRIBUTE}]:not(form)`), true);
  document.addEventListener('submit', ({ target }) => capture(target, `form[${ATTRIBUTE}]`), true);

  function capture(target: EventTarget | null, declared: string): void {
    if (!(target instanceof Element)) return;
    const named = target.closest(declared);
    const name = named?.getAttribute(ATTRIBUTE);
    if (named && name) return void track(name, declaredProperties(named));
    const element = all ? target.closest('a[href],button,[role=button],input[type=submit]') : null;
    if (element) track('Element Clicked', factsOf(element));
  }
}

function declaredProperties({ attributes }: Element): Properties {
  const given = [...attributes].filter(({ name }) => name.startsWith('data-tm-') && name !== ATTRIBUTE);
  return Object.fromEntries(given.map(({ name, value }) => [name.slice('data-tm-'.length), value]));
}

function factsOf(element: Element): Properties {
  const { id, tagName, textContent } = element;
  const href = element.getAttribute('href')?.replace(/[?#].*/s, '');
  const text = textContent?.trim().replace(/\s+/g, ' ').slice(0, TEXT_LENGTH_MAX);
  return { element: tagName.toLowerCase(), ...(id && { id }), ...(text && { text }), ...(href && { href }) };
}
