/** Question bar: the range, its comparison and the filters of a page, the same on all pages. */
import { useEffect } from 'preact/hooks';
import { useAsk } from '../data/ask.ts';
import { filters, hasBots, setFilters, showsBots } from '../data/filters.ts';
import { isFirstShown } from '../data/first.ts';
import type { Answer } from '../data/questions.ts';
import { COMPARISON_LABELS, type Comparison, comparison } from '../data/range.ts';
import { setParams } from '../data/router.ts';
import { session } from '../data/session.ts';
import { Button } from '../parts/button.tsx';
import { Menu } from '../parts/menu.tsx';
import { Filters } from './filters.tsx';
import { RangePicker } from './range-picker.tsx';

export function QuestionBar() {
  return (
    <div class="bar" role="toolbar" aria-label="Range and filters">
      <RangePicker />
      <ComparisonMenu />
      <Filters filters={filters.value} onChange={setFilters} />
      {filters.value.length > 1 && (
        <Button kind="quiet" onClick={() => setFilters([])}>
          Clear
        </Button>
      )}
      <BotsButton />
    </div>
  );
}

/** Says that bots are left out, where there are any, and counts them when it is pressed. */
function BotsButton() {
  useBots();
  if (hasBots.value !== true) return null;
  return (
    <Button
      kind="quiet"
      aria-pressed={showsBots.value}
      onClick={() => setParams({ bots: botsParam(!showsBots.value) })}
    >
      {showsBots.value ? 'With bots' : 'Without bots'}
    </Button>
  );
}

/** The parameter of a choice; null when it is what the tenant chose. */
function botsParam(shows: boolean): string | null {
  const isTenants = shows === (session.value?.bots === 'include');
  return isTenants ? null : shows ? '1' : '0';
}

/** Finds out once whether the tenant has events of bots, which are then left out. */
function useBots(): void {
  const body = { measure: 'count', groupBy: ['device'], last: '90 days', allowUnknown: true, bots: 'include' };
  const { data } = useAsk<Answer>(isFirstShown.value && hasBots.value === null ? { path: '/v1/query', body } : null);
  useEffect(() => {
    if (data) hasBots.value = data.series.some(({ key, total }) => key.device === 'bot' && (total ?? 0) > 0);
  }, [data]);
}

function ComparisonMenu() {
  const items = Object.entries(COMPARISON_LABELS).map(([id, label]) => ({
    label,
    isChosen: comparison.value === id,
    onChoose: () => setParams({ c: id === 'previous' ? null : id }),
  }));
  const label = COMPARISON_LABELS[comparison.value as Comparison];
  return <Menu label={<span class="muted-word">vs {label}</span>} title="Compare with" items={items} />;
}
