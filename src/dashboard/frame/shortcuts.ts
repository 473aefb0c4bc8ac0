/** Shortcuts: what keys do on every page. They rest while the user types, and while a dialog is open. */

export interface Shortcut {
  /** As shown: `⌘K`, `g o`. */
  readonly keys: string;
  readonly name: string;
}

interface Bound extends Shortcut {
  readonly run: () => void;
}

/** The second key of a pair, such as `g o`, is awaited this long. */
const PAIR_MS = 1_200;

/** Listens until the returned function is called. */
export function bindShortcuts(shortcuts: readonly Bound[]): () => void {
  let first = '';
  let firstAt = 0;
  const listen = (event: KeyboardEvent) => {
    const isCommand = event.metaKey || event.ctrlKey;
    if (isCommand && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      run('⌘K');
      return;
    }
    if (isCommand || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')) return;
    const pair = Date.now() - firstAt < PAIR_MS ? `${first} ${event.key}` : '';
    first = event.key;
    firstAt = Date.now();
    if (run(pair) || run(event.key)) event.preventDefault();
  };
  const run = (keys: string): boolean => {
    const found = shortcuts.find((one) => one.keys === keys);
    found?.run();
    return found !== undefined;
  };
  addEventListener('keydown', listen);
  return () => removeEventListener('keydown', listen);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [role="menu"]') !== null;
}
