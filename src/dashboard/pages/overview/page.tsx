/** Overview: the figures of the range, over time and by what they are made of. */
import { LineChart } from '../../charts/line-chart.tsx';
import { useAsk } from '../../data/ask.ts';
import { filters, whereOf } from '../../data/filters.ts';
import type { Answer } from '../../data/questions.ts';
import { compare, range } from '../../data/range.ts';
import { Card } from '../../parts/card.tsx';
import { Num } from '../../parts/figure.tsx';
import { Answered } from '../../parts/states.tsx';

export default function Overview() {
  const { from, to, interval } = range.value;
  const where = whereOf(filters.value);
  const asked = useAsk<Answer>({
    path: '/v1/query',
    body: {
      measure: 'count',
      from,
      to,
      interval,
      ...(where && { where }),
      ...(compare.value && { compare: compare.value }),
    },
  });
  return (
    <Card title="Events">
      <Answered asked={asked} height={320}>
        {({ series, compared, meta }) => (
          <>
            <Num value={series[0]?.total} isEstimate={meta.estimated} />
            <LineChart
              title="Events"
              interval={interval}
              startsMs={(series[0]?.points ?? []).map(({ at }) => Date.parse(at))}
              series={[
                {
                  label: 'Events',
                  values: (series[0]?.points ?? []).map(({ value }) => value),
                  compared: compared?.series[0]?.points.map(({ value }) => value),
                },
              ]}
              asOfMs={Date.parse(meta.asOf)}
            />
          </>
        )}
      </Answered>
    </Card>
  );
}
