/** Tabs: a row of names, one of which is chosen; those of a page's parts are named by the URL. */
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
  return (
    <TabRow tabs={tabs} shown={shownTab(tabs).id} onShow={(id) => setParams({ tab: id === tabs[0]!.id ? null : id })} />
  );
}

interface TabRowProps<Id extends string> {
  readonly tabs: readonly { readonly id: Id; readonly name: string }[];
  readonly shown: Id;
  readonly onShow: (id: Id) => void;
}

export function TabRow<Id extends string>({ tabs, shown, onShow }: TabRowProps<Id>) {
  return (
    <div class="tabs">
      {tabs.map(({ id, name }) => (
        <button key={id} type="button" class="tab" aria-pressed={id === shown} onClick={() => onShow(id)}>
          {name}
        </button>
      ))}
    </div>
  );
}
