import { bytes, duration } from '../parts/format';
import { ErrorNotice, Notice } from '../parts/notice';
import type { EstimateState } from './use-estimate';

/** What it will take, before it is started. What concerns one field stands at that field. */
export function EstimateView({
  state,
  isFieldError,
}: {
  readonly state: EstimateState;
  readonly isFieldError: boolean;
}) {
  const { estimate, error, busy } = state;
  return (
    <div class="estimate" aria-live="polite" aria-busy={busy}>
      <h3>Estimate{busy && ' · measuring …'}</h3>
      {error && !isFieldError && <ErrorNotice error={error} />}
      {estimate && (
        <dl class={busy ? 'estimate-figures estimate-old' : 'estimate-figures'}>
          <Figure
            name="Time"
            value={estimate.totalSeconds === null ? 'not measured' : duration(estimate.totalSeconds)}
          />
          <Figure
            name="A step"
            value={estimate.secondsPerStep === null ? 'not measured' : duration(estimate.secondsPerStep)}
          />
          <Figure name="Memory" value={bytes(estimate.peakMemoryBytes)} />
        </dl>
      )}
      {estimate && !estimate.fits && (
        <Notice kind="bad" title="It will not fit into the memory that is free.">
          <span>{estimate.advice}</span>
        </Notice>
      )}
    </div>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}
