import { globalId } from '../../../src/resolvers/ids.js';
import { isFinal } from '../client/operations.js';
import type { Fate, KnownRun } from '../ledger.js';
import { type Check, rowIdOf } from './check.js';
import { type LoggedRun, readLog } from './log.js';

/** FAILED is right for a run alone whose worker died under it again and again: see `isGivenUp`. */
const RIGHT: Readonly<Record<Fate, readonly string[]>> = {
  finish: ['SUCCEEDED'],
  // The request may come when the last step is done.
  cancel: ['CANCELLED', 'SUCCEEDED'],
  replaced: ['CANCELLED', 'SUCCEEDED'],
  pause: ['PAUSED'],
};
/** A step under way may end after the request to cancel; a stalled worker hears of it when it goes on. */
const CANCEL_MS = 20_000;

/** Every run ends as it should, and its log says so in order. */
export const endsCheck: Check = async ({ cluster, ledger, violations, world }) => {
  const log = await readLog(cluster.postgres);
  for (const run of log.values()) {
    const known = ledger.runs.get(globalId(run.kind === 'edit' ? 'Edit' : 'Discovery', run.id));
    const report = (text: string) => violations.report('ends', `${run.kind} ${run.id}: ${text}`, timeOf(run));
    const right = known ? RIGHT[known.fate] : ['SUCCEEDED', 'CANCELLED', 'PAUSED'];
    if (!right.includes(run.status) && !isGivenUp(run))
      report(`${run.status} and not ${right.join(' or ')}; ${JSON.stringify(stateOf(run))}`);
    for (const fault of [...faultsOf(run), ...(known ? lateSteps(run, known) : [])]) report(fault);
    const training = world.trainings.find(({ name }) => name === known?.key);
    if (training && run.status === 'SUCCEEDED')
      for (const fault of trainingFaults(run, training.input.trainingSteps)) report(fault);
  }
  for (const { id } of ledger.runs.values())
    if (!log.has(rowIdOf(id))) violations.report('ends', `run ${id} is gone`, null);
};

/** How often an edit may take its worker with it. */
const TRIES = 3;

/** An edit under which workers died so often is not tried once more: it may be the reason. */
function isGivenUp({ status, events, error }: LoggedRun): boolean {
  const returns = events.filter(({ payload }) => payload['status'] === 'QUEUED').length - 1;
  return status === 'FAILED' && returns >= TRIES - 1 && /again and again/.test(error?.message ?? '');
}

function stateOf({ error, events, holder }: LoggedRun) {
  const last = events.at(-1);
  const statuses = events.flatMap(({ type, at, payload }) =>
    type === 'StatusChanged' ? [`${payload['status']} ${at.slice(11)}`] : [],
  );
  return {
    error,
    statuses,
    last: last && `${last.type} ${last.at.slice(11)} ${last.payload['step'] ?? ''}`,
    ...holder,
  };
}

const timeOf = ({ events }: LoggedRun) => Date.parse(events.at(-1)?.at ?? '') || null;

function faultsOf({ events, lastSeq, status }: LoggedRun): string[] {
  const isGapless = events.every(({ seq }, index) => seq === index + 1) && lastSeq === events.length;
  const finals = events.flatMap(({ payload }, index) => (isFinal(String(payload['status'])) ? [index] : []));
  const last = events.findLast(({ type }) => type === 'StatusChanged')?.payload['status'];
  const frames = events
    .filter(({ type }) => type === 'EditFrame')
    .map(({ payload }) => `${payload['coarse']} ${payload['stepIndex']}`);
  return [
    isGapless ? '' : `its log has gaps, or not ${lastSeq} events`,
    last === status ? '' : `it is ${status}, and its log ends with ${last}`,
    finals.length > 1 || (finals.length === 1 && finals[0] !== events.length - 1) ? 'events after a final status' : '',
    new Set(frames).size === frames.length ? '' : 'a frame was announced twice',
  ].filter((fault) => fault !== '');
}

/** Each step, checkpoint and scorecard once, however often it was computed. */
function trainingFaults({ events }: LoggedRun, trainingSteps: number): string[] {
  const stepsOf = (name: string) =>
    events.filter(({ type }) => type === name).map(({ payload }) => Number(payload['step']));
  const isAscending = (steps: readonly number[]) =>
    steps.every((step, index) => index === 0 || step > (steps[index - 1] ?? 0));
  const steps = stepsOf('TrainingStep');
  const all = steps.length === trainingSteps && steps.every((step, index) => step === index + 1);
  return [
    ...(all ? [] : [`steps ${steps.join(' ')} were announced, of ${trainingSteps}`]),
    ...['CheckpointSaved', 'ScorecardUpdated']
      .filter((name) => !isAscending(stepsOf(name)))
      .map((name) => `a ${name} came twice`),
  ];
}

function lateSteps({ events }: LoggedRun, { cancelledAtMs }: KnownRun): string[] {
  if (cancelledAtMs === null) return [];
  const late = events.filter(({ type, at }) => type === 'TrainingStep' && Date.parse(at) > cancelledAtMs + CANCEL_MS);
  return late.length > 0 ? [`${late.length} steps later than ${CANCEL_MS / 1000} s after it was cancelled`] : [];
}
