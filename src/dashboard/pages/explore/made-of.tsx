/** Made of: what an answer vouches for and where its numbers came from. */
import type { ComponentChildren } from 'preact';
import { at, full } from '../../data/format.ts';
import type { Answer } from '../../data/questions.ts';
import { hrefOf } from '../../data/router.ts';

export function MadeOf({ answers }: { readonly answers: readonly Answer[] }) {
  return (
    <details class="made-of">
      <summary>What is this made of?</summary>
      {answers.map(({ meta }, index) => (
        <dl key={index}>
          <Fact name="Complete up to">{at(Date.parse(meta.asOf), 'moment')}</Fact>
          <Fact name="The range">{meta.complete ? 'is closed, and nothing of it is missing' : 'is still open'}</Fact>
          <Fact name="Counted ahead">
            {meta.sources.rollups
              ? `by the rollup “${meta.sources.rollups.rollup}”, ${full(meta.sources.rollups.sealedDays)} closed days`
              : 'nothing'}
          </Fact>
          <Fact name="Read one by one">
            {full(meta.scannedEvents)} events
            {meta.sources.lake ? ` in ${full(meta.sources.lake.segments)} files` : ''}
          </Fact>
          <Fact name="Not stored yet">{full(meta.sources.live.events)} events</Fact>
          {meta.pending > 0 && (
            <Fact name="Late">
              {full(meta.pending)} events, which count once their day is closed again
              {meta.undecided ? `; ${full(meta.undecided)} of them may be copies` : ''}
            </Fact>
          )}
          {meta.estimated && <Fact name="Estimates">some numbers are estimates, marked ≈</Fact>}
          {meta.values && (
            <Fact name={`Values of ${meta.values.property}`}>
              {full(meta.values.numbers)} numbers in {full(meta.values.events)} events
              {meta.values.texts ? `; ${full(meta.values.texts)} texts do not count` : ''}
            </Fact>
          )}
          {meta.dropped && <Fact name="Expired">some days of the range are gone, as the retention says</Fact>}
          <Fact name="Corrected">{full(meta.revision)} times closed or corrected</Fact>
          <Fact name="Answered in">{full(meta.elapsedMs)} ms</Fact>
        </dl>
      ))}
      <p>
        <a href={hrefOf('/data', { tab: 'drift' })} data-page>
          Late events and drift, by cause
        </a>
      </p>
    </details>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt class="muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
