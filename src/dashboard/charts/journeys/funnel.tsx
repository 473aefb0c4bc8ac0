/**
 * Funnel: a bar a step, with its people, its share of the first step and of the one before, those who left, and the
 * median time since the first step. A breakdown adds a table with a row a group.
 */

import { duration, full } from '../../data/format.ts';
import { type FunnelAnswer, type FunnelGroupRow, type FunnelRow, funnelLayout } from './funnel-layout.ts';
import { shareText } from './share-text.ts';
import './funnel.css';

export type FunnelOutcome = 'reached' | 'dropped';

export interface FunnelProps {
  readonly answer: Pick<FunnelAnswer, 'steps' | 'groups'>;
  /** Opens the people of a step. Default: bars open nothing. */
  readonly onPeople?: (step: number, outcome: FunnelOutcome) => void;
  /** Filters by a value of the breakdown; null stands for events without it. Default: values filter nothing. */
  readonly onGroup?: (value: string | null) => void;
}

export function Funnel({ answer, onPeople, onGroup }: FunnelProps) {
  const { rows, groups, worstStep } = funnelLayout(answer);
  return (
    <>
      <table class="funnel">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" class="num">
              People
            </th>
            <th scope="col" class="num">
              Of first
            </th>
            <th scope="col" class="num">
              Of previous
            </th>
            <th scope="col" class="num">
              Left before
            </th>
            <th scope="col" class="num" title="Median time since the first step">
              Median time
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Step key={row.step} row={row} isWorst={row.step === worstStep} onPeople={onPeople} />
          ))}
        </tbody>
      </table>
      {groups.length > 0 && <Groups rows={rows} groups={groups} onGroup={onGroup} />}
    </>
  );
}

interface StepProps {
  readonly row: FunnelRow;
  readonly isWorst: boolean;
  readonly onPeople: FunnelProps['onPeople'];
}

function Step({ row, isWorst, onPeople }: StepProps) {
  const { step, name, people, dropped, ofFirst, ofPrevious, medianSeconds } = row;
  return (
    <tr>
      <th scope="row">
        <span class="funnel-name">
          <span class="funnel-number">{step}</span> {name}
        </span>
        <Bar row={row} onPeople={onPeople} />
      </th>
      <td class="num" data-label="People">
        {full(people)}
      </td>
      <td class="num" data-label="Of first">
        {shareText(ofFirst)}
      </td>
      <td class="num" data-label="Of previous">
        {step === 1 ? '' : shareText(ofPrevious)}
      </td>
      <td class="num" data-label="Left before">
        {isWorst && <span class="funnel-worst">most</span>}
        <Left step={step} dropped={dropped} share={ofPrevious === null ? null : 1 - ofPrevious} onPeople={onPeople} />
      </td>
      <td class="num" data-label="Median time">
        {medianSeconds === null ? '' : duration(medianSeconds)}
      </td>
    </tr>
  );
}

function Bar({ row, onPeople }: { readonly row: FunnelRow; readonly onPeople: FunnelProps['onPeople'] }) {
  const { step, name, people, width, lost } = row;
  const fill = { width: `${100 * width}%` };
  return (
    <span class="funnel-track">
      {onPeople && people > 0 ? (
        <button
          type="button"
          class="funnel-fill"
          style={fill}
          aria-label={`Show the ${full(people)} people who reached step ${step}, ${name}`}
          onClick={() => onPeople(step, 'reached')}
        />
      ) : (
        <span class="funnel-fill" style={fill} />
      )}
      <span class="funnel-lost" style={{ width: `${100 * lost}%` }} />
    </span>
  );
}

interface LeftProps {
  readonly step: number;
  readonly dropped: number;
  readonly share: number | null;
  readonly onPeople: FunnelProps['onPeople'];
}

function Left({ step, dropped, share, onPeople }: LeftProps) {
  if (step === 1) return null;
  const text = `${full(dropped)} · ${shareText(share)}`;
  if (!onPeople || dropped === 0) return <>{text}</>;
  return (
    <button
      type="button"
      class="link"
      aria-label={`${text} left before step ${step}: show them`}
      onClick={() => onPeople(step, 'dropped')}
    >
      {text}
    </button>
  );
}

interface GroupsProps {
  readonly rows: readonly FunnelRow[];
  readonly groups: readonly FunnelGroupRow[];
  readonly onGroup: FunnelProps['onGroup'];
}

function Groups({ rows, groups, onGroup }: GroupsProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="funnel-groups" tabIndex={0} aria-label="The funnel by group">
      <table>
        <thead>
          <tr>
            <th scope="col">Group</th>
            {rows.map(({ step, name }) => (
              <th key={step} scope="col" class="num">
                {step} {name}
              </th>
            ))}
            <th scope="col" class="num">
              All the way
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <GroupRow key={`${group.isOther} ${group.value}`} group={group} onGroup={onGroup} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function GroupRow({ group, onGroup }: { readonly group: FunnelGroupRow; readonly onGroup: FunnelProps['onGroup'] }) {
  const { value, isOther, rows, through } = group;
  const name = isOther ? 'all others' : (value ?? '(none)');
  return (
    <tr>
      <th scope="row">
        {onGroup && !isOther ? (
          <button type="button" class="link" title="Filter by it" onClick={() => onGroup(value)}>
            {name}
          </button>
        ) : (
          name
        )}
      </th>
      {rows.map(({ step, people, ofFirst, width }) => (
        <td key={step} class="num funnel-cell">
          <span class="funnel-cell-bar" style={{ width: `${100 * width}%` }} />
          <span class="funnel-cell-text">
            {full(people)} {step > 1 && <span class="muted">{shareText(ofFirst)}</span>}
          </span>
        </td>
      ))}
      <td class="num">{shareText(through)}</td>
    </tr>
  );
}
