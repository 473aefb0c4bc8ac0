/**
 * Shared: a board as its link shows it, read-only and without a key of the tenant. The key of the link stands in the
 * fragment of the URL, which a browser sends to no server.
 */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { SharedBoard } from '../../boards/board.ts';
import { BoardGrid } from '../../boards/board-grid.tsx';
import type { CallError } from '../../data/api.ts';
import { useAsk } from '../../data/ask.ts';
import { at } from '../../data/format.ts';
import { sharedTimezone } from '../../data/session.ts';
import { Empty, ErrorBox, Skeleton } from '../../parts/states.tsx';
import '../../boards/boards.css';

const REFRESH_MS = 60_000;

export default function Shared() {
  const key = useFragment();
  const asked = useAsk<SharedBoard>(key === '' ? null : { path: '/v1/shared', key }, { everyMs: REFRESH_MS });
  const { data, error, retry } = asked;
  useEffect(() => {
    if (data) document.title = `${data.board.name} · Tidemark`;
  }, [data?.board.name]);
  // Before the charts are drawn, whose days are those of the tenant.
  useLayoutEffect(() => {
    if (data) sharedTimezone.value = data.tenant.timezone;
  }, [data?.tenant.timezone]);
  return (
    <main class="shared" id="page">
      {key === '' || error?.status === 401 ? (
        <Ended error={error} />
      ) : (
        <>
          {error && <ErrorBox error={error} onRetry={retry} />}
          {data === undefined ? <Waiting hasFailed={error !== null} /> : <SharedGrid shared={data} shareKey={key} />}
        </>
      )}
    </main>
  );
}

function Waiting({ hasFailed }: { readonly hasFailed: boolean }) {
  return (
    <>
      <h1 class="sr">Shared board</h1>
      {!hasFailed && <Skeleton height={480} />}
    </>
  );
}

function Ended({ error }: { readonly error: CallError | null }) {
  const isMistyped = error === null || error.code !== 'key-revoked';
  return (
    <>
      <h1 class="sr">Shared board</h1>
      <Empty title={isMistyped ? 'This is not a whole link.' : 'This link has ended.'}>
        {isMistyped
          ? 'Copy it again, up to its last character.'
          : 'It was revoked, or its time is over. Ask for a new one.'}
      </Empty>
    </>
  );
}

function SharedGrid({
  shared: { tenant, board, expiresAt },
  shareKey,
}: {
  readonly shared: SharedBoard;
  readonly shareKey: string;
}) {
  return (
    <>
      <div class="page-head">
        <h1>{board.name}</h1>
        <p class="muted">
          {tenant.name}, read-only, days of {tenant.timezone}
          {expiresAt !== null && `, until ${at(Date.parse(expiresAt), 'moment')}`}
        </p>
      </div>
      {board.tiles.length === 0 ? (
        <Empty title="Nothing is on this board yet." />
      ) : (
        <BoardGrid
          tiles={board.tiles}
          marks={[]}
          requestOf={(tile) => ({ path: `/v1/shared/tiles/${tile}/answer`, body: {}, key: shareKey })}
        />
      )}
    </>
  );
}

/** The fragment of the URL, which may change while the page is open. */
function useFragment(): string {
  const [fragment, setFragment] = useState(location.hash.slice(1));
  useEffect(() => {
    const read = () => setFragment(location.hash.slice(1));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return fragment;
}
