/** Add insight: puts a saved insight onto the board, drawn in one of the ways that there are. */
import { useState } from 'preact/hooks';
import type { WireInsight } from '../../../wire/insights.ts';
import { type Board, newId, sizeOf, type Tile } from '../../boards/board.ts';
import { inOrder, packTiles } from '../../boards/layout.ts';
import { useAsk } from '../../data/ask.ts';
import { hrefOf } from '../../data/router.ts';
import { Button } from '../../parts/button.tsx';
import { SelectField } from '../../parts/field.tsx';
import { Answered, Empty, ErrorBox } from '../../parts/states.tsx';
import type { BoardChanges } from './use-board-changes.ts';

interface AddInsightProps {
  readonly board: Board;
  readonly changes: BoardChanges;
  readonly onDone: () => void;
}

const CHARTS = ['line', 'bar', 'number', 'table'] as const;

export function AddInsight(props: AddInsightProps) {
  const asked = useAsk<{ readonly insights: readonly WireInsight[] }>({ path: '/v1/insights' });
  return (
    <Answered asked={asked} height={120}>
      {({ insights }) =>
        insights.length === 0 ? (
          <Empty title="No insight is saved yet.">
            <a href={hrefOf('/explore')} data-page>
              Ask a question and save it
            </a>
          </Empty>
        ) : (
          <Form {...props} insights={insights} />
        )
      }
    </Answered>
  );
}

function Form({
  board,
  changes: { save, error },
  onDone,
  insights,
}: AddInsightProps & { readonly insights: readonly WireInsight[] }) {
  const [id, setId] = useState(insights[0]!.id);
  const [chart, setChart] = useState<Tile['chart']>('line');
  const add = async (event: Event) => {
    event.preventDefault();
    const { name } = insights.find((insight) => insight.id === id)!;
    const question = { chart, insight: id };
    const tile: Tile = { id: newId(name), title: name, ...question, place: { x: 0, y: 0, ...sizeOf(question) } };
    if (await save({ ...board, tiles: packTiles([...inOrder(board.tiles), tile]) as Board['tiles'] })) onDone();
  };
  return (
    <form class="stack-form" onSubmit={add}>
      <SelectField
        label="Insight"
        value={id}
        onChange={setId}
        options={insights.map((insight) => ({ value: insight.id, label: insight.name }))}
      />
      <SelectField
        label="Drawn as"
        value={chart}
        onChange={(next) => setChart(next as Tile['chart'])}
        options={CHARTS.map((one) => ({ value: one, label: one }))}
      />
      {error && <ErrorBox error={error} />}
      <Button kind="primary" type="submit">
        Add
      </Button>
    </form>
  );
}
