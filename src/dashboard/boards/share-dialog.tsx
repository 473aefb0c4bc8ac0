/** Share dialog: the read-only links of a board: making one, copying it while its key is known, and revoking it. */
import { useState } from 'preact/hooks';
import { DAY_MS } from '../../core/limits.ts';
import { change, useAsk } from '../data/ask.ts';
import { useAttempt } from '../data/attempt.ts';
import { at } from '../data/format.ts';
import { NeedsAdmin } from '../frame/needs-admin.tsx';
import { Button } from '../parts/button.tsx';
import { CopyButton } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { Answered, Empty, ErrorBox } from '../parts/states.tsx';
import type { Board, ShareList } from './board.ts';

interface ShareDialogProps {
  readonly board: Board;
  readonly onClose: () => void;
}

export function ShareDialog({ board, onClose }: ShareDialogProps) {
  return (
    <Dialog title={`Share ${board.name}`} onClose={onClose}>
      <p class="muted">
        Whoever has the link sees this board and nothing else, without a key, until you revoke the link.
      </p>
      <NeedsAdmin purpose="to share">
        <Links board={board.id} />
      </NeedsAdmin>
    </Dialog>
  );
}

const ENDS: readonly { readonly value: string; readonly label: string }[] = [
  { value: '', label: 'until it is revoked' },
  { value: '1', label: 'for a day' },
  { value: '7', label: 'for 7 days' },
  { value: '30', label: 'for 30 days' },
];

function Links({ board }: { readonly board: string }) {
  const asked = useAsk<ShareList>({ path: `/v1/shares?board=${encodeURIComponent(board)}` });
  const [days, setDays] = useState('');
  const [key, setKey] = useState<string | null>(null);
  const { error, attempt } = useAttempt();
  const make = () =>
    attempt(async () => {
      const expiresAt = days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
      const made = await change<{ readonly key: string }>('/v1/shares', { board, expiresAt });
      setKey(made.key);
      asked.retry();
    });
  const revoke = (id: string) =>
    attempt(async () => {
      await change(`/v1/shares/${id}`, undefined, 'DELETE');
      setKey(null);
      asked.retry();
    });
  return (
    <>
      <div class="share-link">
        <SelectField label="The link holds" isBare value={days} onChange={setDays} options={ENDS} />
        <Button kind="primary" onClick={make}>
          Make a link
        </Button>
      </div>
      {error && <ErrorBox error={error} />}
      {key !== null && <NewLink url={`${location.origin}/shared#${key}`} />}
      <Answered asked={asked} height={80}>
        {({ shares }) => <Shares shares={shares} onRevoke={revoke} />}
      </Answered>
    </>
  );
}

/** The key stands in the fragment, which a browser sends to no server. */
function NewLink({ url }: { readonly url: string }) {
  return (
    <div role="status">
      <div class="share-link">
        <TextField label="The new link" value={url} onChange={() => {}} readonly />
        <CopyButton text={() => url} />
      </div>
      <p class="muted small">It is shown this once: copy it now.</p>
    </div>
  );
}

function Shares({ shares, onRevoke }: ShareList & { readonly onRevoke: (id: string) => void }) {
  if (shares.length === 0) return <Empty title="No link leads to this board." />;
  return (
    <ul class="share-list">
      {shares.map(({ id, hint, createdAt, expiresAt }) => (
        <li key={id}>
          <span>
            …{hint}{' '}
            <span class="muted">
              made {at(Date.parse(createdAt), 'moment')}
              {expiresAt !== null && `, ends ${at(Date.parse(expiresAt), 'moment')}`}
            </span>
          </span>
          <Button kind="danger" onClick={() => onRevoke(id)}>
            Revoke …{hint}
          </Button>
        </li>
      ))}
    </ul>
  );
}
