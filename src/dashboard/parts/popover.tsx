/** Popover: a button that opens an area with fields. Escape and a click elsewhere close it. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { usePopover } from './menu.tsx';

interface PopoverProps {
  readonly label: ComponentChildren;
  readonly title: string;
  readonly look?: 'plain' | 'quiet' | 'chip';
  readonly align?: 'start' | 'end';
  readonly children: (close: () => void) => ComponentChildren;
}

export function Popover({ label, title, look = 'plain', align = 'start', children }: PopoverProps) {
  const { isOpen, setOpen, box, close } = usePopover();
  useEffect(() => {
    if (isOpen) box.current?.querySelector<HTMLElement>('.popover input, .popover select, .popover button')?.focus();
  }, [isOpen]);
  return (
    <span class="menu" ref={box}>
      <button
        type="button"
        class={look === 'chip' ? 'chip-button' : `button ${look}`}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        title={title}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <div class={`float popover ${align}`} role="dialog" aria-label={title}>
          {children(close)}
        </div>
      )}
    </span>
  );
}
