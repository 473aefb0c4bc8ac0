/** Data: what arrives and what was refused, the catalogue, what was held up by limits, late events and drift, and imports. */
import { shownTab, Tabs } from '../../parts/tabs.tsx';
import { Arrivals } from './arrivals.tsx';
import { CatalogList } from './catalog-list.tsx';
import './data.css';
import { Imports } from './imports.tsx';
import { Limits } from './limits.tsx';
import { Seals } from './seals.tsx';

const TABS = [
  { id: 'arrivals', name: 'Arrivals', Shown: Arrivals },
  { id: 'catalog', name: 'Catalogue', Shown: CatalogList },
  { id: 'limits', name: 'Limits', Shown: Limits },
  { id: 'drift', name: 'Late and drift', Shown: Seals },
  { id: 'imports', name: 'Imports', Shown: Imports },
] as const;

export default function Data() {
  const { Shown } = shownTab(TABS);
  return (
    <>
      <div class="page-head">
        <h1>Data</h1>
        <Tabs tabs={TABS} />
      </div>
      <Shown />
    </>
  );
}
