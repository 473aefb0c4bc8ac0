/** Question bar: the range, its comparison and the filters of a page, the same on all pages. */
import { filters, OP_WORDS, removeFilter, setFilters } from '../data/filters.ts';
import { COMPARISON_LABELS, type Comparison, comparison } from '../data/range.ts';
import { setParams } from '../data/router.ts';
import { Button } from '../parts/button.tsx';
import { Chip } from '../parts/chip.tsx';
import { Menu } from '../parts/menu.tsx';
import { AddFilter } from './add-filter.tsx';
import { RangePicker } from './range-picker.tsx';

export function QuestionBar() {
  return (
    <div class="bar" role="toolbar" aria-label="Range and filters">
      <RangePicker />
      <ComparisonMenu />
      {filters.value.map((filter) => {
        const text = `${nameOf(filter.property, filter.op)} ${filter.values.join(' or ')}`.trim();
        return (
          <Chip key={text} text={text} onRemove={() => removeFilter(filter)}>
            {text}
          </Chip>
        );
      })}
      <AddFilter />
      {filters.value.length > 1 && (
        <Button kind="quiet" onClick={() => setFilters([])}>
          Clear
        </Button>
      )}
    </div>
  );
}

function nameOf(property: string, op: keyof typeof OP_WORDS): string {
  const name = property.replace(/^column\./, '');
  return op === 'is' ? `${name}:` : `${op === 'cohort' ? '' : name} ${OP_WORDS[op]}`;
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
