/** Add to board: puts the question of a page onto a board that there is, or onto a new one. */
import { useState } from 'preact/hooks';
import { call } from '../data/api.ts';
import { change, useAsk } from '../data/ask.ts';
import { useAttempt } from '../data/attempt.ts';
import { hrefOf } from '../data/router.ts';
import { session } from '../data/session.ts';
import { NeedsAdmin } from '../frame/needs-admin.tsx';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { Answered, ErrorBox } from '../parts/states.tsx';
import { type Board, type BoardList, newId, sizeOf, type TileQuestion } from './board.ts';
import { inOrder, packTiles } from './layout.ts';

interface AddToBoardProps {
  /** The title that the tile begins with. */
  readonly title: string;
  readonly question: TileQuestion;
}

export function AddToBoard(props: AddToBoardProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Save to a board</Button>
      {isOpen && (
        <Dialog title="Save to a board" onClose={() => setOpen(false)}>
          <NeedsAdmin purpose="to change boards">
            <Boards {...props} />
          </NeedsAdmin>
        </Dialog>
      )}
    </>
  );
}

function Boards(props: AddToBoardProps) {
  const asked = useAsk<BoardList>({ path: '/v1/boards' });
  return (
    <Answered asked={asked} height={160}>
      {({ boards }) => <Form key={boards.length} {...props} boards={boards} />}
    </Answered>
  );
}

/** Stands for a board that is still to be made. */
const NEW = '';

function Form({ title: proposed, question, boards }: AddToBoardProps & BoardList) {
  const [id, setId] = useState(boards[0]?.id ?? NEW);
  const [name, setName] = useState('');
  const [title, setTitle] = useState(proposed);
  const [saved, setSaved] = useState<Board | null>(null);
  const { error, attempt } = useAttempt();
  if (saved)
    return (
      <p role="status">
        It is on the board{' '}
        <a href={hrefOf('/boards', { id: saved.id })} data-page>
          {saved.name}
        </a>
      </p>
    );
  const save = async (event: Event) => {
    event.preventDefault();
    const tile = { id: newId(title), title: title.trim(), ...question };
    await attempt(async () => setSaved(await (id === NEW ? putNew(name.trim(), tile) : putOn(id, tile))));
  };
  const options = [
    ...boards.map((board) => ({ value: board.id, label: board.name })),
    { value: NEW, label: 'A new board' },
  ];
  return (
    <form class="stack-form" onSubmit={save}>
      <TextField label="Title" value={title} onChange={setTitle} required />
      <SelectField label="Board" value={id} onChange={setId} options={options} />
      {id === NEW && <TextField label="Name of the new board" value={name} onChange={setName} required />}
      {error && <ErrorBox error={error} />}
      <Button kind="primary" type="submit">
        Save
      </Button>
    </form>
  );
}

type NewTile = TileQuestion & { readonly id: string; readonly title: string };

function placed(tile: NewTile) {
  return { ...tile, place: { x: 0, y: 0, ...sizeOf(tile) } };
}

function putNew(name: string, tile: NewTile): Promise<Board> {
  return change<Board>(`/v1/boards/${newId(name)}`, { name, tiles: [placed(tile)], revision: 0 }, 'PUT');
}

/** The board is read anew, so that a tile that somebody else has added stays. */
async function putOn(id: string, tile: NewTile): Promise<Board> {
  const path = `/v1/boards/${encodeURIComponent(id)}`;
  const { name, tiles, revision } = await call<Board>(path, { key: session.value?.key });
  return change<Board>(path, { name, tiles: packTiles([...inOrder(tiles), placed(tile)]), revision }, 'PUT');
}
