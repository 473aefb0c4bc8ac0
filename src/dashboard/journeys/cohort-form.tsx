/** Cohort form: names a proposed cohort, says in words who is in it, and saves it. */
import { useState } from 'preact/hooks';
import type { WireCohort } from '../../wire/cohorts.ts';
import { change } from '../data/ask.ts';
import { useAttempt } from '../data/attempt.ts';
import { hrefOf } from '../data/router.ts';
import { NeedsAdmin } from '../frame/needs-admin.tsx';
import { Button } from '../parts/button.tsx';
import { TextField } from '../parts/field.tsx';
import { ErrorBox } from '../parts/states.tsx';
import type { CohortDraft } from './cohort-draft.ts';
import { WhoWords } from './who-words.tsx';

export function CohortForm({ draft }: { readonly draft: CohortDraft }) {
  return (
    <NeedsAdmin purpose="to save a cohort">
      <NamedForm draft={draft} />
    </NeedsAdmin>
  );
}

function NamedForm({ draft }: { readonly draft: CohortDraft }) {
  const [name, setName] = useState(draft.name);
  const [saved, setSaved] = useState<WireCohort | null>(null);
  const { error, attempt } = useAttempt();
  const [isBusy, setBusy] = useState(false);
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    await attempt(async () => {
      setSaved(await change<WireCohort>('/v1/cohorts', { name: name.trim(), who: draft.who, allowUnknown: true }));
    });
    setBusy(false);
  };
  if (saved) return <Saved cohort={saved} />;
  return (
    <form class="cohort-form" onSubmit={save}>
      <TextField label="Name of the cohort" value={name} onChange={setName} required />
      <WhoWords who={draft.who} />
      {!draft.isExact && (
        <p class="muted small">
          A cohort knows neither the order of the steps nor their window, so its size may differ.
        </p>
      )}
      {error && <ErrorBox error={error} />}
      <div class="actions">
        <Button kind="primary" type="submit" disabled={isBusy || name.trim() === ''}>
          Save the cohort
        </Button>
      </div>
    </form>
  );
}

function Saved({ cohort: { id, name } }: { readonly cohort: WireCohort }) {
  return (
    <div class="cohort-form" role="status">
      <p>
        <b>{name}</b> is saved.
      </p>
      <CohortLinks id={id} />
    </div>
  );
}

const PLACES = [
  ['/retention', 'Its retention'],
  ['/people', 'Its people'],
  ['/funnels', 'Its funnel'],
  ['/paths', 'Its paths'],
] as const;

/** The pages that a cohort can be looked at on. */
export function CohortLinks({ id }: { readonly id: string }) {
  return (
    <div class="actions">
      {PLACES.map(([page, name]) => (
        <a key={page} class="button" href={withCohort(page, id)} data-page>
          {name}
        </a>
      ))}
    </div>
  );
}

/** The URL of a page about a cohort alone: the filters of the shown page are in the cohort already. */
export function withCohort(page: string, id: string): string {
  const url = new URL(hrefOf(page), location.origin);
  url.searchParams.delete('f');
  url.searchParams.append('f', `cohort~cohort~${id}`);
  return url.pathname + url.search;
}
