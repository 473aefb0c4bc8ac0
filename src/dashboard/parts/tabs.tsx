/** Tabs: the parts of a page, one of which is shown. The URL names it. */
import { params, setParams } from '../data/router.ts';

export interface Tab {
  readonly id: string;
  readonly name: string;
}

/** The tab that the URL names; the first without one. */
export function shownTab<Shown extends Tab>(tabs: readonly Shown[]): Shown {
  return tabs.find(({ id }) => id === params.value.get('tab')) ?? tabs[0]!;
}

export function Tabs({ tabs }: { readonly tabs: readonly Tab[] }) {
  const shown = shownTab(tabs);
  return (
    <div class="tabs">
      {tabs.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          class="tab"
          aria-pressed={id === shown.id}
          onClick={() => setParams({ tab: id === tabs[0]!.id ? null : id })}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
