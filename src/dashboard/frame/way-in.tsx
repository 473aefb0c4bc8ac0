/** Way in: takes a key where the server has no demo tenant, and says how to begin with a new one. */
import { useState } from 'preact/hooks';
import { addKey } from '../data/session.ts';
import { Button } from '../parts/button.tsx';
import { TextField } from '../parts/field.tsx';
import './frame.css';

export function WayIn({ problem }: { readonly problem: string | null }) {
  return (
    <main class="alone">
      <h1>Open a tenant</h1>
      <p>The key stays in this tab and goes to this server alone.</p>
      <KeyForm problem={problem} />
    </main>
  );
}

export function KeyForm({ problem: first = null, onAdded }: { problem?: string | null; onAdded?: () => void }) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState(first);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await addKey(key);
      onAdded?.();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <form class="key-form" onSubmit={submit}>
      <TextField
        label="Read or admin key"
        type="password"
        value={key}
        onChange={setKey}
        placeholder="tm_read_…"
        autocomplete="off"
        required
      />
      <Button kind="primary" type="submit" disabled={isBusy}>
        Open
      </Button>
      {problem && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
