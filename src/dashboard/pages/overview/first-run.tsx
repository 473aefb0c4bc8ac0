/** First run: how to send the first event, and the wait until it arrives. */
import { useState } from 'preact/hooks';
import { demoKeys, session } from '../../data/session.ts';
import { SNIPPET_KINDS, type SnippetKind, sendSnippet } from '../../data/snippets.ts';
import { Card } from '../../parts/card.tsx';
import { Snippet } from '../../parts/copy.tsx';
import { TabRow } from '../../parts/tabs.tsx';
import './first-run.css';

export default function FirstRun() {
  const [kind, setKind] = useState<SnippetKind>('curl');
  const demo = demoKeys.value;
  const key = demo && demo.tenant === session.value?.tenant ? demo.write : '$WRITE_KEY';
  return (
    <Card title="Send the first event" class="first-run">
      <p>
        Nothing has arrived at <b>{session.value?.name}</b> yet. Send an event from where your product runs; it shows
        here at once.
      </p>
      <TabRow tabs={SNIPPET_KINDS} shown={kind} onShow={setKind} />
      <div id="snippet">
        <Snippet text={sendSnippet(kind, location.origin, key)} />
      </div>
      <p class="waiting" role="status">
        <span class="waiting-dot" aria-hidden="true" />
        Waiting for the first event…
      </p>
      {key.startsWith('$') && (
        <p class="muted small">
          The browser key or the server key of the tenant stands for <code>$WRITE_KEY</code>.{' '}
          <a href="/docs">All calls</a>
        </p>
      )}
    </Card>
  );
}
