/** Keys: those of the tenant; new ones, which are shown once, and the end of one. */
import { useState } from 'preact/hooks';
import type { CreatedKey, KeyList, RevokedKey, WireKey } from '../../../wire/keys.ts';
import { change, useAsk } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import { at } from '../../data/format.ts';
import { session } from '../../data/session.ts';
import { NeedsAdmin } from '../../frame/needs-admin.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Snippet } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { SelectField } from '../../parts/field.tsx';
import { Answered, ErrorBox } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';

const SCOPES = [
  { value: 'browser', label: 'browser: public, sends from pages and apps' },
  { value: 'server', label: 'server: secret, sends and imports' },
  { value: 'read', label: 'read: asks questions' },
  { value: 'admin', label: 'admin: asks, saves and changes settings' },
];
const HEIGHT = 240;

export function Keys() {
  return (
    <NeedsAdmin purpose="to see and change the keys">
      <KeyCards />
    </NeedsAdmin>
  );
}

function KeyCards() {
  const asked = useAsk<KeyList>({ path: '/v1/keys?state=active' });
  const [ending, setEnding] = useState<WireKey | null>(null);
  return (
    <>
      <Card title="Active keys">
        <Answered asked={asked} height={HEIGHT}>
          {({ keys }) => <List keys={keys} onEnd={setEnding} />}
        </Answered>
      </Card>
      <NewKey onMade={asked.retry} />
      {ending && <EndDialog ended={ending} onClose={() => setEnding(null)} onEnded={asked.retry} />}
    </>
  );
}

function List({ keys, onEnd }: { readonly keys: readonly WireKey[]; readonly onEnd: (key: WireKey) => void }) {
  const own = session.value?.key.slice(-4);
  return (
    <Table
      caption="Active keys"
      rows={keys}
      keyOf={({ id }) => id}
      columns={[
        { title: 'Key', render: ({ scope, hint }) => <code>{`tm_${scope}_…${hint}`}</code> },
        { title: 'Made by', render: ({ madeBy }) => madeBy ?? '–' },
        { title: 'Made', isNumber: true, render: ({ createdAt }) => at(Date.parse(createdAt), 'moment') },
        {
          title: <span class="sr">End</span>,
          isNumber: true,
          render: (key) =>
            key.scope === 'admin' && key.hint === own ? (
              <span class="badge">in use here</span>
            ) : (
              <Button kind="quiet" onClick={() => onEnd(key)} aria-label={`Revoke the ${key.scope} key ${key.hint}`}>
                Revoke…
              </Button>
            ),
        },
      ]}
    />
  );
}

function NewKey({ onMade }: { readonly onMade: () => void }) {
  const [scope, setScope] = useState('browser');
  const [made, setMade] = useState<string | null>(null);
  const { error, attempt } = useAttempt();
  const make = async (event: Event) => {
    event.preventDefault();
    await attempt(async () => {
      setMade((await change<CreatedKey>('/v1/keys', { scope })).key);
      onMade();
    });
  };
  return (
    <Card title="Make a key">
      <form class="inline-form" onSubmit={make}>
        <SelectField label="What it may do" value={scope} onChange={setScope} options={SCOPES} />
        <Button kind="primary" type="submit">
          Make
        </Button>
      </form>
      {error && <ErrorBox error={error} />}
      {made && (
        <div class="made-key" role="status">
          <p>This key is shown once. Keep it where it is needed.</p>
          <Snippet text={made} />
        </div>
      )}
    </Card>
  );
}

interface EndProps {
  readonly ended: WireKey;
  readonly onClose: () => void;
  readonly onEnded: () => void;
}

function EndDialog({ ended: { id, scope, hint }, onClose, onEnded }: EndProps) {
  const { error, attempt } = useAttempt();
  const revoke = async (descendants?: 'keep' | 'revoke') => {
    const path = `/v1/keys/${id}${descendants ? `?descendants=${descendants}` : ''}`;
    if (!(await attempt(() => change<RevokedKey>(path, undefined, 'DELETE')))) return;
    onEnded();
    onClose();
  };
  return (
    <Dialog title={`Revoke the ${scope} key …${hint}`} onClose={onClose}>
      <p>Every call with it is refused from then on. This cannot be undone.</p>
      {error && <ErrorBox error={error} />}
      <div class="dialog-actions">
        {error?.code === 'key-has-descendants' ? (
          <>
            <Button onClick={() => revoke('keep')}>Keep the keys that it made</Button>
            <Button kind="danger" onClick={() => revoke('revoke')}>
              Revoke them too
            </Button>
          </>
        ) : (
          <Button kind="danger" onClick={() => revoke()}>
            Revoke
          </Button>
        )}
      </div>
    </Dialog>
  );
}
