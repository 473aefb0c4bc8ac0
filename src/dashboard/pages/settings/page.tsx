/** Settings: the tenants of this tab, keys, quotas, how long data is kept, bots, and what is counted ahead. */
import { shownTab, Tabs } from '../../parts/tabs.tsx';
import { Bots } from './bots.tsx';
import { Keys } from './keys.tsx';
import { Quotas } from './quotas.tsx';
import { Retention } from './retention.tsx';
import { Rollups } from './rollups.tsx';
import './settings.css';
import { Tenants } from './tenants.tsx';
import { Trail } from './trail.tsx';

const TABS = [
  { id: 'tenants', name: 'Tenants', Shown: Tenants },
  { id: 'keys', name: 'Keys', Shown: Keys },
  { id: 'quotas', name: 'Quotas', Shown: Quotas },
  { id: 'retention', name: 'Retention', Shown: Retention },
  { id: 'bots', name: 'Bots', Shown: Bots },
  { id: 'rollups', name: 'Rollups', Shown: Rollups },
  { id: 'trail', name: 'Trail', Shown: Trail },
] as const;

export default function Settings() {
  const { Shown } = shownTab(TABS);
  return (
    <>
      <div class="page-head">
        <h1>Settings</h1>
        <Tabs tabs={TABS} />
      </div>
      <Shown />
    </>
  );
}
