/** Chip: a small removable piece of a question, such as a filter. */
import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

interface ChipProps {
  readonly children: ComponentChildren;
  /** What the chip says, for the name of its button. */
  readonly text: string;
  readonly onRemove: () => void;
}

export function Chip({ children, text, onRemove }: ChipProps) {
  return (
    <span class="chip">
      <span class="chip-text">{children}</span>
      <button type="button" aria-label={`Remove ${text}`} title="Remove" onClick={onRemove}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}
