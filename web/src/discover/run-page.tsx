import { RunDetailsDocument, type RunDetailsQuery, type RunStatus } from '../api/operations';
import { useQuery } from '../api/use-query';
import { chooseModel } from '../models/current';
import { bytes, duration } from '../parts/format';
import { Empty, ErrorNotice, Notice } from '../parts/notice';
import { href } from '../shell/router';
import { Controls } from './controls';
import { Curves } from './curves';
import { Previews } from './previews';
import { RunProgress } from './run-progress';
import { isFinal, StatusBadge } from './status-badge';
import { type LiveRun, useRun } from './use-run';

export type RunDetails = NonNullable<RunDetailsQuery['discovery']>;

/** What the events do not say, such as how far h is measured, is asked for so often while the run is not over. */
const LOOK_MS = 2000;

/** One run: its whole log from the first event, then live. */
export function RunPage({ id }: { readonly id: string }) {
  const live = useRun(id);
  const { data, error, refresh } = useQuery(
    RunDetailsDocument,
    { id },
    { every: ({ discovery }) => (discovery && !isFinal(discovery.status) ? LOOK_MS : null) },
  );
  if (error && !data) return <ErrorNotice error={error} again={refresh} />;
  if (!data) return <p class="soft">Loading the run …</p>;
  if (!data.discovery)
    return (
      <Empty title="There is no such run">
        <p>It may have been deleted, or the address is of another server.</p>
        <a href={href('discover')}>All runs</a>
      </Empty>
    );
  return <Run run={data.discovery} live={live} refresh={refresh} />;
}

function Run({ run, live, refresh }: { readonly run: RunDetails; readonly live: LiveRun; refresh(): void }) {
  const { record, version } = live;
  // The log is newer than the last look, but it is read from its beginning.
  const status = isFinal(run.status) ? run.status : (record.status ?? run.status);
  const failure = record.error ?? run.error;
  return (
    <>
      <div class="page-head">
        <div>
          <p class="small">
            <a href={href('discover')}>Discover</a>
          </p>
          <h1 class="row">
            {run.config.directions} {run.config.method.toLowerCase()} directions in {run.model.name}{' '}
            <StatusBadge status={status} />
          </h1>
        </div>
        <Controls id={run.id} status={status} onDone={refresh} />
      </div>
      {live.error && <ErrorNotice error={live.error} />}
      {status === 'FAILED' && failure && (
        <Notice kind="bad" title={failure.message}>
          <a href={href('discover')}>Start another one with other settings</a>
        </Notice>
      )}
      <Outcome run={run} status={status} />
      <div class="run-progress">
        <RunProgress run={run} record={record} status={status} />
      </div>
      <Curves columns={record.columns} version={version} />
      <Previews
        previews={record.previews}
        version={version}
        previewEvery={run.config.previewEvery}
        isOver={isFinal(status)}
      />
      <Settings run={run} live={live} />
    </>
  );
}

function Outcome({ run, status }: { readonly run: RunDetails; readonly status: RunStatus }) {
  if (run.directions.totalCount === 0 || !isFinal(status)) return null;
  return (
    <Notice kind={status === 'SUCCEEDED' ? 'good' : 'plain'}>
      <div class="row between">
        <span>
          {status === 'SUCCEEDED' ? 'Its' : 'It ended before its last step; its'} {run.directions.totalCount} directions
          can be used.
        </span>
        <span class="row">
          <a
            class="button button-small button-primary"
            href={href('directions', null, { discovery: run.id })}
            onClick={() => chooseModel(run.model.id)}
          >
            See the directions
          </a>
          <a class="button button-small" href={href('edit')} onClick={() => chooseModel(run.model.id)}>
            Edit with them
          </a>
        </span>
      </div>
    </Notice>
  );
}

function Settings({ run, live }: { readonly run: RunDetails; readonly live: LiveRun }) {
  const { config } = run;
  const memory = live.record.last?.peakMemoryBytes ?? run.peakMemoryBytes;
  const facts: readonly (readonly [string, string])[] = [
    ['Device', run.device ?? 'not known yet'],
    ['Peak memory', memory === null ? 'not known yet' : bytes(memory)],
    ['A step', run.secondsPerStep === null ? 'not known yet' : duration(run.secondsPerStep)],
    ['Last checkpoint', live.record.checkpoint === null ? 'none yet' : `step ${live.record.checkpoint}`],
    ...(run.resumedFromStep === null ? [] : [['Resumed from', `step ${run.resumedFromStep}`] as const]),
    [
      'Made of',
      [config.shift, config.start, config.orthonormal && 'orthonormal'].filter(Boolean).join(', ').toLowerCase(),
    ],
    ['Reverse process', config.reverseProcess.toLowerCase()],
    ['Samples', `${config.batchSize} per step, ${config.samplingSteps} sampling steps`],
    ...(config.gradientSteps ? [['Gradient', `through the last ${config.gradientSteps} of them`] as const] : []),
    ['Strengths', `${config.minStrength} to ${config.maxStrength}`],
    ['Learning rate', String(config.learningRate)],
    ['Adversarial weight', String(config.adversarialWeight)],
    ['Seed', String(config.seed)],
  ];
  return (
    <section class="panel run-settings" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="number">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
