import { useSignal } from '@preact/signals';
import { RunListDocument, type RunSummaryFragment } from '../api/operations';
import { useQuery } from '../api/use-query';
import type { ListedModel } from '../models/current';
import { Button } from '../parts/button';
import { moment } from '../parts/format';
import { Empty, ErrorNotice } from '../parts/notice';
import { href } from '../shell/router';
import { isFinal, StatusBadge } from './status-badge';

const LIVELY_MS = 2000;

/** The runs of a model, the newest first, a page at a time. */
export function RunList({ model }: { readonly model: ListedModel }) {
  const cursors = useSignal<readonly (string | null)[]>([null]);
  const after = cursors.value.at(-1) ?? null;
  const { data, error, refresh } = useQuery(
    RunListDocument,
    { modelId: model.id, after },
    { every: ({ discoveries }) => (discoveries.edges.some(({ node }) => !isFinal(node.status)) ? LIVELY_MS : null) },
  );
  const runs = data?.discoveries;
  return (
    <section aria-labelledby="runs" class="stack">
      <h2 id="runs">
        Runs on {model.name} {runs && <span class="soft number">{runs.totalCount}</span>}
      </h2>
      {error && <ErrorNotice error={error} again={refresh} />}
      {runs?.edges.length === 0 && (
        <Empty title="No run yet">
          <p>Choose how many directions to look for, see what it takes, and start.</p>
        </Empty>
      )}
      <ul class="run-list">
        {runs?.edges.map(({ node }) => (
          <RunRow key={node.id} run={node} />
        ))}
      </ul>
      <div class="row">
        {cursors.value.length > 1 && (
          <Button
            size="small"
            onClick={() => {
              cursors.value = cursors.value.slice(0, -1);
            }}
          >
            Newer
          </Button>
        )}
        {runs?.pageInfo.hasNextPage && (
          <Button
            size="small"
            onClick={() => {
              cursors.value = [...cursors.value, runs.pageInfo.endCursor];
            }}
          >
            Older
          </Button>
        )}
      </div>
    </section>
  );
}

function RunRow({ run }: { readonly run: RunSummaryFragment }) {
  const { config, step, totalSteps } = run;
  return (
    <li>
      <a class="panel run-row" href={href('discover', run.id)}>
        <span class="run-row-title">
          {config.directions} {config.method.toLowerCase()} directions
        </span>
        <StatusBadge status={run.status} />
        <span class="soft small number">{moment(run.createdAt)}</span>
        <span class="soft small number">
          {step} of {totalSteps} steps
        </span>
        <progress aria-label="Steps done" value={step} max={totalSteps} />
      </a>
    </li>
  );
}
