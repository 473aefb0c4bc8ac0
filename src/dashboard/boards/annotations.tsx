/** Annotations: what happened when, such as releases and campaigns; they stand on every chart. */
import { useState } from 'preact/hooks';
import { MINUTE_MS } from '../../core/limits.ts';
import { type Asked, change } from '../data/ask.ts';
import { useAttempt } from '../data/attempt.ts';
import { at } from '../data/format.ts';
import { nowMs } from '../data/range.ts';
import { isAdmin, timezone } from '../data/session.ts';
import { dateIn, startOfDate } from '../data/zone.ts';
import { NeedsAdmin } from '../frame/needs-admin.tsx';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Answered, Empty, ErrorBox } from '../parts/states.tsx';
import { ANNOTATION_WORDS } from './annotation-words.ts';
import { newId } from './board.ts';
import type { Annotation, AnnotationList } from './marks.ts';

interface AnnotationsProps {
  readonly asked: Asked<AnnotationList>;
  readonly onClose: () => void;
}

export function AnnotationsDialog({ asked, onClose }: AnnotationsProps) {
  return (
    <Dialog title="Annotations" onClose={onClose}>
      <p class="muted">They stand on the time line of every chart.</p>
      <Answered asked={asked} height={80}>
        {({ annotations }) =>
          annotations.length === 0 ? (
            <Empty title="Nothing is annotated yet." />
          ) : (
            <ul class="annotation-list">
              {annotations.map((annotation) => (
                <Line key={annotation.id} annotation={annotation} onGone={asked.retry} />
              ))}
            </ul>
          )
        }
      </Answered>
      <NeedsAdmin purpose="to annotate">
        <Form onSaved={asked.retry} />
      </NeedsAdmin>
    </Dialog>
  );
}

function Line({ annotation, onGone }: { readonly annotation: Annotation; readonly onGone: () => void }) {
  const { error, attempt } = useAttempt();
  const path = `/v1/annotations/${encodeURIComponent(annotation.id)}`;
  const remove = async () => {
    if (await attempt(() => change(path, undefined, 'DELETE'))) onGone();
  };
  return (
    <li>
      <span>
        <span class="muted">{at(Date.parse(annotation.at), 'moment')}</span> {annotation.text}{' '}
        <span class="badge">{ANNOTATION_WORDS[annotation.kind]}</span>
      </span>
      {isAdmin.value && (
        <button
          type="button"
          class="button quiet"
          aria-label={`Remove ${annotation.text}`}
          onClick={() => void remove()}
        >
          <Icon name="close" size={14} />
        </button>
      )}
      {error && <ErrorBox error={error} />}
    </li>
  );
}

function Form({ onSaved }: { readonly onSaved: () => void }) {
  const zone = timezone.value;
  const [text, setText] = useState('');
  const [kind, setKind] = useState<string>('release');
  const [date, setDate] = useState(dateIn(zone, nowMs.value));
  const [time, setTime] = useState(at(nowMs.value, 'time'));
  const { error, attempt } = useAttempt();
  const save = async (event: Event) => {
    event.preventDefault();
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    const atMs = startOfDate(zone, date) + (hours * 60 + minutes) * MINUTE_MS;
    const body = { at: new Date(atMs).toISOString(), kind, text: text.trim() };
    if (!(await attempt(() => change(`/v1/annotations/${newId(text)}`, body, 'PUT')))) return;
    setText('');
    onSaved();
  };
  return (
    <form class="annotation-form" onSubmit={save}>
      <TextField label="What happened" value={text} onChange={setText} required />
      <SelectField
        label="Kind"
        value={kind}
        onChange={setKind}
        options={Object.entries(ANNOTATION_WORDS).map(([value, label]) => ({ value, label }))}
      />
      <TextField label="Date" type="date" value={date} onChange={setDate} required />
      <TextField label="Time" type="time" value={time} onChange={setTime} required />
      <Button kind="primary" type="submit">
        Annotate
      </Button>
      {error && <ErrorBox error={error} />}
    </form>
  );
}
