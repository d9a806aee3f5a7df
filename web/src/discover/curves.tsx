import { useMemo } from 'preact/hooks';
import { Chart, type Line } from '../parts/chart';
import { percent, significant } from '../parts/format';
import type { Columns } from './record';

const LOSSES: readonly Line[] = [
  { name: 'total', colour: 'accent' },
  { name: 'direction', colour: 'teal' },
  { name: 'strength', colour: 'ink-soft' },
];

const ACCURACIES: readonly Line[] = [
  { name: 'batch', colour: 'line-strong', faint: true },
  { name: 'mean of late', colour: 'accent' },
];

/** Loss and accuracy over all steps so far. */
export function Curves({ columns, version }: { readonly columns: Columns; readonly version: number }) {
  const losses = useMemo(() => [columns.step, columns.loss, columns.classification, columns.strength], [columns]);
  const accuracies = useMemo(() => [columns.step, columns.accuracy, columns.accuracyMean], [columns]);
  return (
    <div class="curves">
      <section class="panel">
        <Chart title="Loss" lines={LOSSES} columns={losses} version={version} shown={significant} />
      </section>
      <section class="panel">
        <Chart
          title="Accuracy"
          lines={ACCURACIES}
          columns={accuracies}
          version={version}
          range={[0, 1]}
          shown={percent}
        />
      </section>
    </div>
  );
}
