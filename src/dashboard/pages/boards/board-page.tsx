/** Board page: one board with its tiles, and what can be done with it. */
import { useRef, useState } from 'preact/hooks';
import { AnnotationsDialog } from '../../boards/annotations.tsx';
import type { Board } from '../../boards/board.ts';
import { BoardGrid } from '../../boards/board-grid.tsx';
import type { ShownTile } from '../../boards/layout.ts';
import { type AnnotationList, marksOf, useAnnotations } from '../../boards/marks.ts';
import { ShareDialog } from '../../boards/share-dialog.tsx';
import { type Asked, useAsk } from '../../data/ask.ts';
import { hrefOf } from '../../data/router.ts';
import { isAdmin } from '../../data/session.ts';
import { NeedsAdmin } from '../../frame/needs-admin.tsx';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Answered, Empty, ErrorBox } from '../../parts/states.tsx';
import { AddInsight } from './add-insight.tsx';
import { RenameForm } from './rename-form.tsx';
import { tileItems } from './tile-items.ts';
import { type BoardChanges, useBoardChanges } from './use-board-changes.ts';

type Opened = 'share' | 'annotate' | 'add' | 'rename' | null;

export function BoardPage({ id }: { readonly id: string }) {
  const path = `/v1/boards/${encodeURIComponent(id)}`;
  const asked = useAsk<Board>({ path });
  if (asked.error?.status === 404) return <Gone />;
  return (
    <>
      {asked.data === undefined && <h1 class="sr">Board</h1>}
      <Answered asked={asked} height={480}>
        {(board) => <Shown board={board} onChanged={asked.retry} />}
      </Answered>
    </>
  );
}

function Gone() {
  return (
    <>
      <h1 class="sr">Board</h1>
      <Empty title="There is no such board.">
        <a href={hrefOf('/boards')} data-page>
          All boards
        </a>
      </Empty>
    </>
  );
}

interface ShownProps {
  readonly board: Board;
  readonly onChanged: () => void;
}

function Shown({ board, onChanged }: ShownProps) {
  const annotations = useAnnotations();
  const box = useRef<HTMLDivElement>(null);
  const changes = useBoardChanges(board, onChanged);
  const { save, remove, error } = changes;
  const [opened, setOpened] = useState<Opened>(null);
  const close = () => setOpened(null);
  return (
    <div class="board-page">
      <div class="page-head">
        <h1>{board.name}</h1>
        <div class="card-actions">
          <Button onClick={() => setOpened('add')}>Add an insight</Button>
          <Button onClick={() => setOpened('annotate')}>Annotations</Button>
          <Button onClick={() => void box.current?.querySelector('.board')?.requestFullscreen()}>Full screen</Button>
          <Button kind="primary" onClick={() => setOpened('share')}>
            Share
          </Button>
          {isAdmin.value && (
            <Menu
              look="icon"
              align="end"
              label={<Icon name="more" />}
              title="More"
              items={[
                { label: 'Rename', onChoose: () => setOpened('rename') },
                { label: 'Delete the board and its links', onChoose: () => void remove() },
              ]}
            />
          )}
        </div>
      </div>
      {error && opened === null && <ErrorBox error={error} onRetry={onChanged} />}
      <div ref={box}>
        {board.tiles.length === 0 ? (
          <Empty title="Nothing is on this board yet.">
            Add a saved insight, or press “Save to a board” on a funnel, retention or another page.
          </Empty>
        ) : (
          <BoardGrid
            tiles={board.tiles}
            marks={marksOf(annotations.data)}
            requestOf={(tile) => ({ path: `/v1/boards/${board.id}/tiles/${tile}/answer`, body: {} })}
            {...(isAdmin.value && {
              actionsOf: (tile: ShownTile) => <TileMenu tile={tile} board={board} save={save} />,
            })}
          />
        )}
      </div>
      <OpenedDialog opened={opened} board={board} annotations={annotations} changes={changes} onClose={close} />
    </div>
  );
}

interface OpenedDialogProps {
  readonly opened: Opened;
  readonly board: Board;
  readonly annotations: Asked<AnnotationList>;
  readonly changes: BoardChanges;
  readonly onClose: () => void;
}

function OpenedDialog({ opened, board, annotations, changes, onClose }: OpenedDialogProps) {
  if (opened === null) return null;
  if (opened === 'share') return <ShareDialog board={board} onClose={onClose} />;
  if (opened === 'annotate') return <AnnotationsDialog asked={annotations} onClose={onClose} />;
  if (opened === 'rename')
    return (
      <Dialog title="Rename the board" onClose={onClose}>
        <RenameForm board={board} changes={changes} onDone={onClose} />
      </Dialog>
    );
  return (
    <Dialog title="Add an insight" onClose={onClose}>
      <NeedsAdmin purpose="to change boards">
        <AddInsight board={board} changes={changes} onDone={onClose} />
      </NeedsAdmin>
    </Dialog>
  );
}

interface TileMenuProps {
  readonly tile: ShownTile;
  readonly board: Board;
  readonly save: BoardChanges['save'];
}

function TileMenu({ tile, board, save }: TileMenuProps) {
  return (
    <Menu
      look="icon"
      align="end"
      label={<Icon name="more" />}
      title={`Arrange ${tile.title}`}
      items={tileItems(board.tiles, tile.id).map(({ label, tiles }) => ({
        label,
        onChoose: () => void save({ ...board, tiles }),
      }))}
    />
  );
}
