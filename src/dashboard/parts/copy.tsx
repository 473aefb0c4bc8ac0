/** Copy: a text to be copied, such as a command, with its button. */
import { useRef, useState } from 'preact/hooks';
import { Button } from './button.tsx';

const NOTICE_MS = 1_500;

export function CopyButton({ text, label = 'Copy' }: { readonly text: () => string; readonly label?: string }) {
  const [notice, setNotice] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const copy = async () => {
    setNotice(
      await navigator.clipboard.writeText(text()).then(
        () => 'Copied',
        () => 'The browser does not allow it',
      ),
    );
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setNotice(''), NOTICE_MS);
  };
  return (
    <Button onClick={copy}>
      <span aria-live="polite">{notice || label}</span>
    </Button>
  );
}

/** A block of code with a button that copies it. */
export function Snippet({ text }: { readonly text: string }) {
  return (
    <div class="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: an area that scrolls can be scrolled by keys only with the focus. */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={() => text} />
    </div>
  );
}
