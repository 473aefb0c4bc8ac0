/** Spark: a line the size of a word, beside the number that it explains. */
import './charts.css';

const WIDTH = 88;
const HEIGHT = 22;

export function Spark({ values }: { readonly values: readonly (number | null)[] }) {
  const top = Math.max(1, ...values.map((value) => value ?? 0));
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map(
    (value, i) => `${(i * step).toFixed(1)},${(HEIGHT - 2 - ((value ?? 0) / top) * (HEIGHT - 4)).toFixed(1)}`,
  );
  return (
    <svg class="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  );
}
