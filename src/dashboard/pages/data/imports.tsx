/** Imports: what was imported, whether it counts, and its undo. */
import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { importListSchema } from '../../../wire/ingest.ts';
import { call } from '../../data/api.ts';
import { forgetAnswers, useAsk } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import { at } from '../../data/format.ts';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Snippet } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Num } from '../../parts/figure.tsx';
import { Answered, Empty, ErrorBox } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';

type ImportList = z.output<typeof importListSchema>;
type Import = ImportList['imports'][number];

const HEIGHT = 240;

export function Imports() {
  const asked = useAsk<ImportList>({ path: '/v1/import?limit=100' });
  const [undone, setUndone] = useState<Import | null>(null);
  return (
    <Card title="Imports">
      <Answered asked={asked} height={HEIGHT}>
        {({ imports }) =>
          imports.length === 0 ? (
            <Empty title="Nothing was imported yet.">
              <p>History comes in from a file, and can be taken back whole.</p>
              <Snippet text="npm run tidemark -- import events.csv --id history" />
            </Empty>
          ) : (
            <List imports={imports} onUndo={setUndone} />
          )
        }
      </Answered>
      {undone && (
        <UndoDialog
          id={undone.importId}
          onClose={() => setUndone(null)}
          onDone={() => {
            setUndone(null);
            asked.retry();
          }}
        />
      )}
    </Card>
  );
}

function List({ imports, onUndo }: { imports: readonly Import[]; onUndo: (undone: Import) => void }) {
  return (
    <Table
      caption="Imports"
      rows={imports}
      keyOf={({ importId }) => importId}
      columns={[
        { title: 'Import', render: ({ importId }) => importId },
        { title: 'State', render: (one) => <State one={one} /> },
        { title: 'Version', isNumber: true, render: ({ newest }) => <Num value={newest.version} /> },
        { title: 'Events', isNumber: true, render: ({ newest }) => <Num value={newest.rows} /> },
        { title: 'Copies left out', isNumber: true, render: ({ newest }) => <Num value={newest.copies} /> },
        { title: 'Started', isNumber: true, render: ({ startedAt }) => at(Date.parse(startedAt), 'moment') },
        {
          title: <span class="sr">Undo</span>,
          render: (one) =>
            !one.undone && (
              <Button kind="quiet" onClick={() => onUndo(one)}>
                Undo…
              </Button>
            ),
        },
      ]}
    />
  );
}

function State({ one: { undone, newest } }: { readonly one: Import }) {
  if (undone) return <span class="badge">taken back</span>;
  return <span class={`badge ${newest.counts ? 'good' : 'warn'}`}>{newest.counts ? 'counts' : newest.state}</span>;
}

interface UndoProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** An import is taken back with the class of key that made it, which this tab does not keep. */
function UndoDialog({ id, onClose, onDone }: UndoProps) {
  const [key, setKey] = useState('');
  const { error, attempt } = useAttempt();
  const undo = async (event: Event) => {
    event.preventDefault();
    const path = `/v1/import/${encodeURIComponent(id)}`;
    if (!(await attempt(() => call(path, { key: key.trim(), method: 'DELETE' })))) return;
    forgetAnswers();
    onDone();
  };
  return (
    <Dialog title={`Take back ${id}`} onClose={onClose}>
      <p>None of its events counts from then on, on closed days too. A new version of the import counts again.</p>
      <form class="undo" onSubmit={undo}>
        <TextField
          label="Server key, which is not kept"
          type="password"
          value={key}
          onChange={setKey}
          placeholder="tm_server_…"
          autocomplete="off"
          required
        />
        <Button kind="danger" type="submit" disabled={key.trim() === ''}>
          Take back
        </Button>
      </form>
      {error && <ErrorBox error={error} />}
    </Dialog>
  );
}
