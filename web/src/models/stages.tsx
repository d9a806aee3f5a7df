import type { StagePartsFragment } from '../api/operations';
import { duration } from '../parts/format';
import { Progress } from '../parts/progress';

type Stage = StagePartsFragment;

const NAMES: Readonly<Record<Stage['name'], string>> = {
  MEMORY: 'Memory foretold',
  SELF_CHECK: 'Gradients checked',
  GALLERY: 'Samples made',
  STATISTICS: 'h measured',
};

/** Statistics wait for the first discovery, and may do so for ever. */
export function areStagesOpen(stages: readonly Stage[]): boolean {
  return stages.some(({ name, status }) => status === 'RUNNING' || (status === 'WAITING' && name !== 'STATISTICS'));
}

/** What is being done, or waits, after an import; nothing once all is done. */
export function OpenStages({ stages }: { readonly stages: readonly Stage[] }) {
  if (!areStagesOpen(stages)) return null;
  const open = stages.filter(({ name, status }) => status !== 'DONE' && name !== 'STATISTICS');
  return (
    <div class="stack stages">
      {open.map((stage) => (
        <StageLine key={stage.name} stage={stage} />
      ))}
    </div>
  );
}

/** All stages of a model, done or not. */
export function AllStages({ stages }: { readonly stages: readonly Stage[] }) {
  return (
    <ul class="stage-list">
      {stages.map((stage) => (
        <li key={stage.name}>
          <StageLine stage={stage} />
        </li>
      ))}
    </ul>
  );
}

function StageLine({ stage }: { readonly stage: Stage }) {
  const { name, status, done, total, message } = stage;
  if (status === 'RUNNING') return <Progress label={NAMES[name]} done={done} total={total} note={timeLeft(stage)} />;
  return (
    <p class="row between small">
      <span>{NAMES[name]}</span>
      <span class={status === 'FAILED' ? 'bad' : 'soft'}>{wordsOf(stage, message)}</span>
    </p>
  );
}

function wordsOf({ name, status }: Stage, message: string | null): string {
  if (status === 'DONE') return 'done';
  if (status === 'FAILED') return message ?? 'failed';
  return name === 'STATISTICS' ? 'by the first discovery' : 'waits';
}

function timeLeft({ done, total, estimatedSeconds }: Stage): string | undefined {
  if (estimatedSeconds === null || total <= 0) return undefined;
  return `${duration(Math.max(1, estimatedSeconds * (1 - done / total)))} left`;
}
