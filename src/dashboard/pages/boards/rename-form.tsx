/** Rename form: gives a board another name. */
import { useState } from 'preact/hooks';
import type { Board } from '../../boards/board.ts';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { ErrorBox } from '../../parts/states.tsx';
import type { BoardChanges } from './use-board-changes.ts';

interface RenameFormProps {
  readonly board: Board;
  readonly changes: BoardChanges;
  readonly onDone: () => void;
}

export function RenameForm({ board, changes: { save, error }, onDone }: RenameFormProps) {
  const [name, setName] = useState(board.name);
  const rename = async (event: Event) => {
    event.preventDefault();
    if (await save({ ...board, name: name.trim() })) onDone();
  };
  return (
    <form class="stack-form" onSubmit={rename}>
      <TextField label="Name" value={name} onChange={setName} required />
      {error && <ErrorBox error={error} />}
      <Button kind="primary" type="submit" disabled={name.trim() === ''}>
        Rename
      </Button>
    </form>
  );
}
