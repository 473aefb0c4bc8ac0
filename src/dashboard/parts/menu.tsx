/**
 * Menu: a button that opens a list of things to choose. Arrows move, Enter chooses, Escape closes and gives the focus back.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

export interface MenuItem {
  readonly label: ComponentChildren;
  readonly onChoose: () => void;
  readonly isChosen?: boolean;
  /** Begins a group with this heading. */
  readonly group?: string;
}

interface MenuProps {
  /** The content of the button. */
  readonly label: ComponentChildren;
  /** What the button is for, where its content does not say it. */
  readonly title?: string;
  readonly items: readonly MenuItem[];
  /** The look of the button. Default: a plain button with an arrow. */
  readonly look?: 'plain' | 'text' | 'icon';
  readonly align?: 'start' | 'end';
}

export function Menu({ label, title, items, look = 'plain', align = 'start' }: MenuProps) {
  const { isOpen, setOpen, box, close } = usePopover();
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    const chosen = box.current?.querySelector<HTMLElement>('[aria-checked="true"]') ?? optionsOf(box.current)[0];
    chosen?.focus();
  }, [isOpen]);
  const isRadio = items.some(({ isChosen }) => isChosen !== undefined);
  return (
    <span class="menu" ref={box}>
      <button
        type="button"
        class={look === 'text' ? 'menu-text' : `button ${look === 'icon' ? 'quiet' : ''}`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        title={title}
        onClick={() => setOpen(!isOpen)}
      >
        {title && <span class="sr">{look === 'icon' ? title : `${title}: `}</span>}
        {label}
        {look === 'plain' && <Icon name="down" size={12} />}
      </button>
      {isOpen && (
        <div
          class={`float menu-list ${align}`}
          id={id}
          role="menu"
          tabIndex={-1}
          onKeyDown={(event) => moveFocus(event, box.current)}
        >
          {items.map(({ label: text, onChoose, isChosen, group }, i) => (
            <>
              {group && (
                <div class="menu-group" role="presentation">
                  {group}
                </div>
              )}
              <button
                key={i}
                type="button"
                {...(isRadio ? { role: 'menuitemradio', 'aria-checked': isChosen === true } : { role: 'menuitem' })}
                tabIndex={-1}
                onClick={() => {
                  close();
                  onChoose();
                }}
              >
                {isRadio && <span class="menu-mark">{isChosen && <Icon name="check" size={14} />}</span>}
                {text}
              </button>
            </>
          ))}
        </div>
      )}
    </span>
  );
}

/** An area that floats below a button until the user clicks elsewhere or presses Escape. */
export function usePopover() {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLElement>(null);
  const close = () => {
    setOpen(false);
    box.current?.querySelector<HTMLElement>('[aria-haspopup]')?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    const leave = ({ target }: Event) => {
      if (!box.current?.contains(target as Node)) setOpen(false);
    };
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close();
    };
    addEventListener('pointerdown', leave);
    addEventListener('keydown', closeOnEscape, true);
    return () => {
      removeEventListener('pointerdown', leave);
      removeEventListener('keydown', closeOnEscape, true);
    };
  }, [isOpen]);
  return { isOpen, setOpen, box, close };
}

function optionsOf(box: HTMLElement | null): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
}

function moveFocus(event: KeyboardEvent, box: HTMLElement | null): void {
  const options = optionsOf(box);
  const index = options.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: options.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  options[(next + options.length) % options.length]?.focus();
}
