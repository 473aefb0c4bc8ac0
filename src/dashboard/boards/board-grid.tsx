/** Board grid: the tiles of a board at their places; on a narrow screen one below the other. */
import type { ComponentChildren } from 'preact';
import type { ChartMark } from '../charts/chart-data.ts';
import { type AskRequest, useAsk } from '../data/ask.ts';
import { ago } from '../data/format.ts';
import { Card } from '../parts/card.tsx';
import { Answered } from '../parts/states.tsx';
import type { TileAnswer } from './board.ts';
import { inOrder, type ShownTile } from './layout.ts';
import { TileView } from './tile-view.tsx';
import './boards.css';

interface BoardGridProps {
  readonly tiles: readonly ShownTile[];
  readonly marks: readonly ChartMark[];
  /** The call that answers a tile. */
  readonly requestOf: (tile: string) => AskRequest;
  /** The menu of a tile. Default: tiles have none. */
  readonly actionsOf?: (tile: ShownTile) => ComponentChildren;
}

export function BoardGrid({ tiles, marks, requestOf, actionsOf }: BoardGridProps) {
  return (
    <div class="board">
      {inOrder(tiles).map((tile) => (
        <TileBox key={tile.id} tile={tile} marks={marks} request={requestOf(tile.id)} actions={actionsOf?.(tile)} />
      ))}
    </div>
  );
}

interface TileBoxProps {
  readonly tile: ShownTile;
  readonly marks: readonly ChartMark[];
  readonly request: AskRequest;
  readonly actions: ComponentChildren;
}

const REFRESH_MS = 60_000;
export const ROW_HEIGHT = 72;
const FRAME_HEIGHT = 76;

function TileBox({ tile, marks, request, actions }: TileBoxProps) {
  const { x, y, w, h } = tile.place;
  const asked = useAsk<TileAnswer>(request, { everyMs: REFRESH_MS });
  const place = { gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` };
  return (
    <div class="tile" style={place}>
      <Card
        title={tile.title}
        actions={
          <>
            {asked.data && <span class="muted small">{ago(Date.parse(asked.data.answeredAt))}</span>}
            {actions}
          </>
        }
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: an area that scrolls can be scrolled by keys only with the focus. */}
        <section class="tile-body" tabIndex={0} aria-label={`${tile.title}: its figures`}>
          <Answered asked={asked} height={h * ROW_HEIGHT - FRAME_HEIGHT}>
            {(answer) => <TileView answer={answer} marks={marks} />}
          </Answered>
        </section>
      </Card>
    </div>
  );
}
