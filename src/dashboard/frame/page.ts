/** Page: an entry of the table of pages. Its module is loaded when the page is first opened. */
import type { ComponentType } from 'preact';
import type { IconName } from '../parts/icon.tsx';

export interface Page {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  /** Where the navigation lists it; null for a page that others lead to. */
  readonly group: 'ask' | 'run' | null;
  /** Opens the page after `g`. */
  readonly shortcut?: string;
  /** Whether the page follows the range and the filters of the bar above it. */
  readonly hasBar: boolean;
  /** Whether the page is shown by itself, without a session and without the frame. Default: it is not. */
  readonly isAlone?: boolean;
  /** Whether the page calls `noteFirstShown` when its first answer is there. Default: other questions begin at once. */
  readonly asksFirst?: boolean;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}
