import type { CheckVerdict } from '../api/operations';
import { bytes, duration } from '../parts/format';
import { Notice } from '../parts/notice';
import type { Details } from './model-page';

type Findings = NonNullable<Details['report']>;

/** What the import doctor found, the verdicts first. */
export function Report({ report }: { readonly report: Findings }) {
  const { warnings, gradients, samples, memory, schedule, weights } = report;
  return (
    <section aria-labelledby="report" class="panel stack">
      <h2 id="report">The doctor's report</h2>
      {warnings.map((warning) => (
        <Notice key={warning} kind="plain" title={warning}>
          {null}
        </Notice>
      ))}
      <dl class="findings">
        <Finding title="Gradients" verdict={gradients?.verdict}>
          {gradients?.message ?? 'Being checked against finite differences.'}
        </Finding>
        <Finding title="Samples" verdict={samples?.verdict}>
          {samples?.message ?? 'Looked at once the gallery is there.'}
        </Finding>
        <Finding title="Memory" verdict={memory ? (memory.advice ? 'FAILED' : 'PASSED') : undefined}>
          {memory ? memoryWords(memory) : 'Being foretold.'}
        </Finding>
        <Finding title="Schedule">{schedule.meaning}</Finding>
        <Finding title="Weights">
          {weights.matched} tensors matched, {bytes(weights.byteSize)} as float32
          {weights.ignored.length > 0 && `; not part of the model: ${weights.ignored.join(', ')}`}.
        </Finding>
        <Finding title="Speed">
          {duration(report.secondsPerForward)} for one sample through the UNet, at the import.
        </Finding>
      </dl>
      <Taps report={report} />
      <More report={report} />
    </section>
  );
}

function memoryWords({ editingBytes, trainingBytes, usableBytes, advice }: NonNullable<Findings['memory']>): string {
  const figures = `An edit takes ${bytes(editingBytes)}, a discovery at the defaults ${bytes(trainingBytes)}; ${bytes(usableBytes)} could be had.`;
  return advice ? `${figures} ${advice}` : figures;
}

const WORDS: Readonly<Record<CheckVerdict, string>> = { PASSED: 'passed', FAILED: 'failed', SKIPPED: 'skipped' };

function Finding({
  title,
  verdict,
  children,
}: {
  readonly title: string;
  readonly verdict?: CheckVerdict | undefined;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <div>
      <dt>
        {title}
        {verdict && <span class={`verdict verdict-${verdict.toLowerCase()}`}>{WORDS[verdict]}</span>}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

function Taps({ report }: { readonly report: Findings }) {
  return (
    <details>
      <summary>Where h can be read ({report.taps.length})</summary>
      <ul class="plain-list">
        {report.taps.map(({ name, shape, chosen, why }) => (
          <li key={name}>
            <code>{name}</code> <span class="number">{shape.join(' × ')}</span>
            {chosen && <span class="verdict verdict-passed">in use</span>} <span class="soft">{why}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function More({ report: { files, config, format } }: { readonly report: Findings }) {
  return (
    <>
      <details>
        <summary>
          Files ({files.length}, {format})
        </summary>
        <ul class="plain-list">
          {files.map(({ path, byteSize }) => (
            <li key={path}>
              <span class="mono">{path}</span> <span class="soft number">{bytes(byteSize)}</span>
            </li>
          ))}
        </ul>
      </details>
      <details>
        <summary>Configuration, as it was understood ({config.length})</summary>
        <ul class="plain-list config">
          {config.map(({ key, value, meaning }, index) => (
            <li key={index}>
              <code>{key}</code> <code class="value">{value}</code>
              <span class="soft">{meaning}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
