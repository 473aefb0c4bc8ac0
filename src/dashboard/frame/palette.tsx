/** Palette: finds pages, events, people and insights by a few letters, and opens them. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WireInsight } from '../../wire/insights.ts';
import { useAsk } from '../data/ask.ts';
import { joinParts } from '../data/filters.ts';
import { useEventNames } from '../data/names.ts';
import { go, hrefOf } from '../data/router.ts';
import { Dialog } from '../parts/dialog.tsx';
import type { Page } from './page.ts';

interface PaletteProps {
  readonly pages: readonly Page[];
  readonly onClose: () => void;
}

interface Found {
  readonly kind: string;
  readonly name: string;
  readonly url: string;
}

const SHOWN_MAX = 12;

export default function Palette({ pages, onClose }: PaletteProps) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const found = useFound(text.trim(), pages);
  const open = (one: Found | undefined) => {
    if (!one) return;
    onClose();
    go(one.url);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive((before) => Math.max(0, Math.min(found.length - 1, before + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      open(found[active]);
    }
  };
  return (
    <Dialog title="Find anything" onClose={onClose}>
      <input
        ref={input}
        class="palette-input"
        role="combobox"
        aria-label="Find pages, events, people and insights"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${active}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={text}
        placeholder="Pages, events, people, insights"
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="palette-list" role="listbox" aria-label="Found" class="palette-list" tabIndex={-1}>
        {found.map((one, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the focus and handles the keys.
          <div
            key={`${one.kind} ${one.name}`}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onClick={() => open(one)}
          >
            <span>{one.name}</span>
            <span class="muted small">{one.kind}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p class="muted">Nothing has this name.</p>}
    </Dialog>
  );
}

function useFound(text: string, pages: readonly Page[]): readonly Found[] {
  const wanted = text.toLowerCase();
  const events = useEventNames(text);
  const { data } = useAsk<{ insights: readonly WireInsight[] }>({ path: '/v1/insights' });
  const named = pages.filter(({ group, name }) => group !== null && name.toLowerCase().includes(wanted));
  const insights = (data?.insights ?? []).filter(({ name }) => name.toLowerCase().includes(wanted));
  const hasPeople = text !== '' && pages.some(({ path }) => path === '/person');
  return [
    ...named.map(({ name, path }) => ({ kind: 'page', name, url: hrefOf(path) })),
    ...events.map(({ value }) => ({
      kind: 'event',
      name: value,
      url: hrefOf('/explore', { q: joinParts(['count', value]) }),
    })),
    ...insights.map(({ name, id }) => ({ kind: 'insight', name, url: hrefOf('/explore', { insight: id }) })),
    ...(hasPeople ? [{ kind: 'person with this id', name: text, url: hrefOf('/person', { id: text }) }] : []),
  ].slice(0, SHOWN_MAX);
}
