/** Help: the list of shortcuts. */
import { Dialog } from '../parts/dialog.tsx';
import type { Shortcut } from './shortcuts.ts';

interface HelpProps {
  readonly shortcuts: readonly Shortcut[];
  readonly onClose: () => void;
}

export default function Help({ shortcuts, onClose }: HelpProps) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="shortcuts">
        {shortcuts.map(({ keys, name }) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href="/docs">All calls of the API</a>
      </p>
    </Dialog>
  );
}
