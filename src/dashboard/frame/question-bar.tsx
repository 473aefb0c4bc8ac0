/** Question bar: the range, its comparison and the filters of a page, the same on all pages. */
import { filters, hasBots, setFilters, showsBots } from '../data/filters.ts';
import { COMPARISON_LABELS, type Comparison, comparison } from '../data/range.ts';
import { setParams } from '../data/router.ts';
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
  if (hasBots.value !== true) return null;
  return (
    <Button
      kind="quiet"
      aria-pressed={showsBots.value}
      onClick={() => setParams({ bots: showsBots.value ? null : '1' })}
    >
      {showsBots.value ? 'With bots' : 'Without bots'}
    </Button>
  );
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
