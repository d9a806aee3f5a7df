import type { RunEventsSubscription, RunStatus } from '../api/operations';

/** Everything that a run has announced, in a form that can be drawn. Pure: events in, columns out. */

export type RunEvent = RunEventsSubscription['trainingProgress'];
type Step = Extract<RunEvent, { __typename: 'TrainingStep' }>;
export type Preview = Extract<RunEvent, { __typename: 'TrainingPreview' }>;

/** One column a quantity, one row a training step: what a chart takes as it is. */
export interface Columns {
  readonly step: number[];
  readonly loss: number[];
  readonly classification: number[];
  readonly strength: number[];
  readonly accuracy: number[];
  /** Accuracy of one batch is coarse: its running mean. */
  readonly accuracyMean: number[];
}

/** Share of a new value in the running mean: about the last twenty steps. */
const MEAN_SHARE = 0.1;

export class RunRecord {
  readonly columns: Columns = { step: [], loss: [], classification: [], strength: [], accuracy: [], accuracyMean: [] };
  /** By training step, in the order of sampling. */
  readonly previews = new Map<number, Preview[]>();
  status: RunStatus | null = null;
  error: { readonly code: string; readonly message: string } | null = null;
  last: Step | null = null;
  /** Training step of the newest checkpoint and scorecard. */
  checkpoint: number | null = null;
  scorecard: number | null = null;

  add(event: RunEvent): void {
    switch (event.__typename) {
      case 'TrainingStep':
        this.addStep(event);
        break;
      case 'TrainingPreview':
        this.addPreview(event);
        break;
      case 'StatusChanged':
        this.status = event.status;
        this.error = event.error;
        break;
      case 'CheckpointSaved':
        this.checkpoint = event.step;
        break;
      case 'ScorecardUpdated':
        this.scorecard = event.step;
        break;
    }
  }

  get points(): number {
    return this.columns.step.length;
  }

  private addStep(event: Step): void {
    const { step, loss, classification, strength, accuracy, accuracyMean } = this.columns;
    const before = accuracyMean.at(-1) ?? event.accuracy;
    step.push(event.step);
    loss.push(event.loss);
    classification.push(event.classificationLoss);
    strength.push(event.strengthLoss);
    accuracy.push(event.accuracy);
    accuracyMean.push(before + MEAN_SHARE * (event.accuracy - before));
    this.last = event;
  }

  private addPreview(event: Preview): void {
    const of = this.previews.get(event.step) ?? [];
    this.previews.set(event.step, [...of, event]);
  }
}
