/** Boards: the list of them, or one of them: insights side by side, kept fresh, arranged, annotated and shared. */
import { useState } from 'preact/hooks';
import { type Board, type BoardList, newId } from '../../boards/board.ts';
import { change, useAsk } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import { ago, full } from '../../data/format.ts';
import { go, hrefOf, params } from '../../data/router.ts';
import { NeedsAdmin } from '../../frame/needs-admin.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Answered, Empty, ErrorBox } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { BoardPage } from './board-page.tsx';
import '../../boards/boards.css';

export default function Boards() {
  const id = params.value.get('id');
  return id === null ? <List /> : <BoardPage key={id} id={id} />;
}

function List() {
  const asked = useAsk<BoardList>({ path: '/v1/boards' });
  const [isMaking, setMaking] = useState(false);
  return (
    <>
      <div class="page-head">
        <h1>Boards</h1>
        <Button kind="primary" onClick={() => setMaking(true)}>
          New board
        </Button>
      </div>
      <Card title="All boards">
        <Answered asked={asked} height={240}>
          {({ boards }) => <BoardTable boards={boards} />}
        </Answered>
      </Card>
      {isMaking && (
        <Dialog title="New board" onClose={() => setMaking(false)}>
          <NeedsAdmin purpose="to make a board">
            <NewBoard />
          </NeedsAdmin>
        </Dialog>
      )}
    </>
  );
}

function BoardTable({ boards }: BoardList) {
  if (boards.length === 0)
    return (
      <Empty title="No board yet.">
        A board keeps charts side by side. Make one, then save funnels, retention and insights to it from their pages.
      </Empty>
    );
  return (
    <Table
      caption="Boards"
      rows={boards}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Name',
          render: ({ id, name }) => (
            <a href={hrefOf('/boards', { id })} data-page>
              {name}
            </a>
          ),
        },
        { title: 'Tiles', isNumber: true, render: ({ tileCount }) => full(tileCount) },
        { title: 'Changed', isNumber: true, render: ({ updatedAt }) => ago(Date.parse(updatedAt)) },
      ]}
    />
  );
}

function NewBoard() {
  const [name, setName] = useState('');
  const { error, attempt } = useAttempt();
  const make = async (event: Event) => {
    event.preventDefault();
    const body = { name: name.trim(), tiles: [], revision: 0 };
    await attempt(async () => {
      const { id } = await change<Board>(`/v1/boards/${newId(name)}`, body, 'PUT');
      go(hrefOf('/boards', { id }));
    });
  };
  return (
    <form class="stack-form" onSubmit={make}>
      <TextField label="Name" value={name} onChange={setName} required />
      {error && <ErrorBox error={error} />}
      <Button kind="primary" type="submit" disabled={name.trim() === ''}>
        Make the board
      </Button>
    </form>
  );
}
