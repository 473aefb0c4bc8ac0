/** Range picker: the button that shows the range of the page and opens its choices. */
import { range } from '../data/range.ts';
import { Icon } from '../parts/icon.tsx';
import { Lazy } from '../parts/lazy.tsx';
import { Popover } from '../parts/popover.tsx';

const loadChoices = () => import('./range-choices.tsx');

export function RangePicker() {
  const label = (
    <>
      {range.value.label}
      <Icon name="down" size={12} />
    </>
  );
  return (
    <Popover label={label} title="Range of time">
      {(close) => <Lazy load={loadChoices} close={close} />}
    </Popover>
  );
}
