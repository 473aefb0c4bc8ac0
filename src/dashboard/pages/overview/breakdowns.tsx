/** Breakdowns: cards of lists. One call asks for all lists in sight; a click on a row filters the page by it. */
import { useState } from 'preact/hooks';
import { type Asked, useAsk } from '../../data/ask.ts';
import { pageWhere, withPageBots } from '../../data/filters.ts';
import { isFirstShown } from '../../data/first.ts';
import { liveVersion } from '../../data/live.ts';
import type { Answer } from '../../data/questions.ts';
import { range } from '../../data/range.ts';
import { Num } from '../../parts/figure.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { TabRow } from '../../parts/tabs.tsx';
import { ValueButton } from '../../parts/value-button.tsx';
import { BREAKDOWN_CARDS, type BreakdownCard, type BreakdownKind, breakdownQuestion } from './breakdown-kinds.ts';
import type { SessionsAnswer } from './metrics.ts';

const HEIGHT = 286;

interface Row {
  readonly value: string | null;
  readonly isOther: boolean;
  readonly count: number;
}

export function Breakdowns({ sessions }: { readonly sessions: Asked<SessionsAnswer> }) {
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>({});
  const shown = BREAKDOWN_CARDS.map((card) => ({ card, kind: kindOf(card, chosen[card.id]) }));
  const asking = shown.filter(({ kind }) => !kind.ofSessions);
  const asked = useAsk<{ answers: readonly Answer[] }>(
    isFirstShown.value
      ? {
          path: '/v1/query',
          body: {
            queries: asking.map(({ kind }) => withPageBots(breakdownQuestion(kind, range.value, pageWhere.value))),
          },
        }
      : null,
    { isMoving: range.value.isOpen, version: range.value.isOpen ? liveVersion.value : 0 },
  );
  return (
    <div class="breakdowns">
      {shown.map(({ card, kind }) => {
        const index = asking.findIndex((one) => one.card === card);
        return (
          <section key={card.id} class="card" aria-label={kind.name}>
            <TabRow
              tabs={card.kinds}
              shown={kind.id}
              onShow={(id) => setChosen((before) => ({ ...before, [card.id]: id }))}
            />
            {kind.ofSessions ? (
              <Answered asked={sessions} height={HEIGHT}>
                {(answer) => <List kind={kind} rows={sessionRows(answer, kind.ofSessions!)} unit="sessions" />}
              </Answered>
            ) : (
              <Answered asked={asked} height={HEIGHT}>
                {({ answers }) => {
                  const answer = answers[index];
                  const rows = answer ? rowsOf(answer, kind.property) : null;
                  return rows && <List kind={kind} rows={rows} isEstimate={answer?.meta.estimated} />;
                }}
              </Answered>
            )}
          </section>
        );
      })}
    </div>
  );
}

function kindOf({ kinds }: BreakdownCard, id: string | undefined): BreakdownKind {
  return kinds.find((kind) => kind.id === id) ?? kinds[0]!;
}

/** Rows of an answer; null when it is that of another list, which was shown before. */
function rowsOf({ series }: Answer, property: string): readonly Row[] | null {
  if (series.some(({ key, other }) => !other && !(property in key))) return null;
  return series
    .filter(({ total }) => (total ?? 0) > 0)
    .map(({ key, other, total }) => ({ value: key[property] ?? null, isOther: other === true, count: total ?? 0 }));
}

function sessionRows(answer: SessionsAnswer, side: 'entries' | 'exits'): readonly Row[] {
  return answer[side].map(({ page, other, sessions }) => ({ value: page, isOther: other === true, count: sessions }));
}

interface ListProps {
  readonly kind: BreakdownKind;
  readonly rows: readonly Row[];
  readonly unit?: string;
  readonly isEstimate?: boolean | undefined;
}

function List({ kind, rows, unit = kind.measure === 'users' ? 'people' : 'events', isEstimate = false }: ListProps) {
  if (rows.length === 0) return <Empty title={`No ${kind.name.toLowerCase()} in this range.`} />;
  const most = Math.max(...rows.map(({ count, isOther }) => (isOther ? 0 : count)), 1);
  return (
    <Table
      caption={`${kind.name} by ${unit}`}
      rows={rows}
      keyOf={({ value, isOther }) => (isOther ? 'other' : `=${value}`)}
      columns={[
        {
          title: <span class="sr">{kind.name}</span>,
          share: ({ count, isOther }) => (isOther ? 0 : count / most),
          render: ({ value, isOther }) =>
            isOther ? (
              <span class="muted">all others</span>
            ) : (
              <ValueButton
                property={kind.property}
                value={value}
                text={kind.property === 'country' ? countryName(value) : value}
                {...(kind.absent && { absent: kind.absent })}
              />
            ),
        },
        { title: unit, isNumber: true, render: ({ count }) => <Num value={count} isEstimate={isEstimate} /> },
      ]}
    />
  );
}

const countries = new Intl.DisplayNames(['en'], { type: 'region' });

function countryName(code: string | null): string | null {
  if (code === null || !/^[A-Z]{2}$/.test(code)) return code;
  return countries.of(code) ?? code;
}
