/** Way in: takes a key where the server has no demo tenant, and says how to begin with a new one. */
import { createSnippet, sendSnippet } from '../data/snippets.ts';
import { Snippet } from '../parts/copy.tsx';
import './frame.css';
import { KeyForm } from './key-form.tsx';

export default function WayIn({ problem }: { readonly problem: string | null }) {
  const { origin } = location;
  return (
    <main class="alone" id="welcome">
      <h1>Open a tenant</h1>
      <p>
        Give a read key to look, or an admin key to save and change things too. It stays in this tab and goes to this
        server alone.
      </p>
      <KeyForm problem={problem} />
      <h2>Or begin with a new tenant</h2>
      <ol class="steps">
        <li>
          <p>Create it with the root key. Its keys are shown once.</p>
          <Snippet text={createSnippet(origin)} />
        </li>
        <li>
          <p>Send an event, from a server with the server key, from a page or an app with the browser key.</p>
          <Snippet text={sendSnippet('curl', origin, '$WRITE_KEY')} />
        </li>
        <li>Open the tenant here with its read key.</li>
      </ol>
      <p>
        <a href="/docs">All calls of the API</a> · <a href="/openapi.json">openapi.json</a> ·{' '}
        <a href="/docs/errors">Error codes</a>
      </p>
    </main>
  );
}
