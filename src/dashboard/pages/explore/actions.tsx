/** Actions: what can be done with a question: save it, hand it on as a link, a command or a file. */
import { useState } from 'preact/hooks';
import type { WireInsight } from '../../../wire/insights.ts';
import { AddToBoard } from '../../boards/add-to-board.tsx';
import { change } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import { range } from '../../data/range.ts';
import { NeedsAdmin } from '../../frame/needs-admin.tsx';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { ErrorBox } from '../../parts/states.tsx';
import { type ExploreBody, savedBodyOf } from './body.ts';
import { csvOf, type ShownSeries } from './series.ts';
import type { View } from './state.ts';

interface ActionsProps {
  readonly body: ExploreBody;
  readonly series: readonly ShownSeries[];
  readonly view: View;
}

export function Actions({ body, series, view }: ActionsProps) {
  const [isSaving, setSaving] = useState(false);
  return (
    <div class="actions">
      <Button kind="primary" onClick={() => setSaving(true)}>
        Save as an insight
      </Button>
      <AddToBoard
        title={series[0]?.name ?? 'Question'}
        question={{ chart: view, query: savedBodyOf(body, range.value.id) }}
      />
      <CopyButton label="Copy link" text={() => location.href} />
      <CopyButton label="Copy as curl" text={() => curlOf(body)} />
      <Button onClick={() => saveFile('tidemark.csv', csvOf(series))} disabled={series.length === 0}>
        CSV
      </Button>
      {isSaving && <SaveDialog body={body} onClose={() => setSaving(false)} />}
    </div>
  );
}

function SaveDialog({ body, onClose }: { readonly body: ExploreBody; readonly onClose: () => void }) {
  return (
    <Dialog title="Save as an insight" onClose={onClose}>
      <NeedsAdmin purpose="to save an insight">
        <SaveForm body={body} onClose={onClose} />
      </NeedsAdmin>
    </Dialog>
  );
}

function SaveForm({ body, onClose }: { readonly body: ExploreBody; readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const { error, attempt } = useAttempt();
  const save = async (event: Event) => {
    event.preventDefault();
    const insight = { name, query: savedBodyOf(body, range.value.id) };
    if (await attempt(() => change<WireInsight>('/v1/insights', insight))) onClose();
  };
  return (
    <form class="save-form" onSubmit={save}>
      <TextField label="Name" value={name} onChange={setName} required />
      <Button kind="primary" type="submit" disabled={name.trim() === ''}>
        Save
      </Button>
      {error && <ErrorBox error={error} />}
    </form>
  );
}

function curlOf(body: ExploreBody): string {
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return `curl ${location.origin}/v1/query -H "authorization: Bearer $READ_KEY" \\\n  -H 'content-type: application/json' -d '${json}'`;
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
