/** Key form: takes a key, finds out whose it is, and opens its tenant. */
import { useEffect, useState } from 'preact/hooks';
import { CallError } from '../data/api.ts';
import { Button } from '../parts/button.tsx';
import { TextField } from '../parts/field.tsx';
import { addKey } from './add-key.ts';

interface KeyFormProps {
  readonly problem?: string | null;
  readonly label?: string;
  readonly placeholder?: string;
  readonly onAdded?: () => void;
}

export function KeyForm({
  problem: first = null,
  label = 'Read or admin key',
  placeholder = 'tm_read_…',
  onAdded,
}: KeyFormProps) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState(first);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => setProblem(first), [first]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await addKey(key);
      setKey('');
      onAdded?.();
    } catch (error) {
      setProblem(error instanceof CallError ? `${error.message} (${error.code})` : (error as Error).message);
    }
    setBusy(false);
  };
  return (
    <form class="key-form" onSubmit={submit}>
      <TextField
        label={label}
        type="password"
        value={key}
        onChange={setKey}
        placeholder={placeholder}
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
