import type { RunStatus } from '../api/operations';
import { duration } from '../parts/format';
import { Progress } from '../parts/progress';
import type { RunRecord } from './record';
import type { RunDetails } from './run-page';
import { isFinal } from './status-badge';

/** How far it is, and how long it will still take. Before its first step, how far h is measured. */
export function RunProgress({
  run,
  record,
  status,
}: {
  readonly run: RunDetails;
  readonly record: RunRecord;
  readonly status: RunStatus;
}) {
  const measuring = run.model.stages.find((stage) => stage.name === 'STATISTICS' && stage.status === 'RUNNING');
  if (record.points === 0 && measuring && !isFinal(status))
    return <Progress label="Measuring h, once for this model" done={measuring.done} total={measuring.total} />;
  if (record.points === 0 && status === 'RUNNING')
    return <Progress label="Getting ready for the first step" done={0} total={0} />;
  if (record.points === 0 && status === 'QUEUED') return <Progress label="Waiting for a worker" done={0} total={0} />;
  // While the log is being read from its beginning, the run is further.
  const step = Math.max(record.last?.step ?? 0, run.step);
  return (
    <Progress
      label={`${step} of ${run.totalSteps} steps`}
      done={step}
      total={run.totalSteps}
      note={noteOf(run, record, status, step)}
    />
  );
}

function noteOf(run: RunDetails, record: RunRecord, status: RunStatus, step: number): string | undefined {
  if (status === 'QUEUED') return 'waiting for a worker; goes on from its last checkpoint';
  if (status === 'PAUSED') return 'paused';
  if (status !== 'RUNNING' || record.last === null) return undefined;
  const left = (run.totalSteps - step) * record.last.secondsPerStep;
  return left > 0 ? `${duration(left)} left` : 'measuring the directions';
}
