/** App: the way in until a tenant is open, then the frame with the page that the URL names. */
import { useLayoutEffect, useState } from 'preact/hooks';
import { type CallError, callErrorOf } from '../data/api.ts';
import { path } from '../data/router.ts';
import { openSession, sessionState } from '../data/session.ts';
import { Lazy } from '../parts/lazy.tsx';
import { ErrorBox } from '../parts/states.tsx';
import type { Page } from './page.ts';
import { LoadedPage, Shell } from './shell.tsx';

export function App({ pages }: { readonly pages: readonly Page[] }) {
  const alone = pages.find((page) => page.isAlone && page.path === path.value);
  return alone ? <LoadedPage page={alone} /> : <Tenant pages={pages} />;
}

function Tenant({ pages }: { readonly pages: readonly Page[] }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [failure, setFailure] = useState<CallError | null>(null);
  const open = () => {
    setFailure(null);
    openSession().then(setProblem, (error) => setFailure(callErrorOf(error)));
  };
  // Before the first frame: nothing can be shown until the session is open.
  useLayoutEffect(open, []);
  if (failure)
    return (
      <main class="alone">
        <ErrorBox error={failure} onRetry={open} />
      </main>
    );
  if (sessionState.value === 'opening') return <main class="alone" aria-busy="true" />;
  return sessionState.value === 'none' ? (
    <Lazy load={() => import('./way-in.tsx')} problem={problem} />
  ) : (
    <Shell pages={pages} />
  );
}
