import type { PretrainingConfig, PretrainingEvent } from '../../src/engine/index.js';

/** Losses that a printed one is the mean of: those of single steps scatter with the timesteps drawn. */
const WINDOW = 50;
const LINE_EVERY = 10;

function mean(losses: readonly number[]): number {
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Follows a pretraining: keeps its losses and times, prints a line every ten steps. */
export class Report {
  private readonly losses: number[] = [];
  private readonly seconds: number[] = [];

  constructor(private readonly config: PretrainingConfig) {}

  /** Takes over the losses of the steps done before. */
  start(losses: Float32Array): void {
    for (const loss of losses) this.losses.push(loss);
    if (losses.length > 0) console.log(`resuming after step ${losses.length}`);
  }

  step({ step, loss, learningRate, seconds }: Extract<PretrainingEvent, { type: 'step' }>): void {
    this.losses.push(loss);
    this.seconds.push(seconds);
    if (step % LINE_EVERY !== 0 && step !== this.config.steps) return;
    const left = formatSeconds((this.config.steps - step) * this.secondsPerStep);
    const smoothed = mean(this.losses.slice(-WINDOW)).toFixed(4);
    const [rate, pace] = [learningRate.toExponential(1), this.secondsPerStep.toFixed(3)];
    console.log(`step ${step}/${this.config.steps}  loss ${smoothed}  lr ${rate}  ${pace} s/step  ${left} left`);
  }

  /** Median of this process's steps: on a busy machine the mean is somebody else's. */
  get secondsPerStep(): number {
    const sorted = [...this.seconds].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }

  /** The loss at the start is the mean of ten steps, that at the end of fifty. */
  get result() {
    return {
      steps: this.losses.length,
      firstLoss: mean(this.losses.slice(0, LINE_EVERY)),
      lastLoss: mean(this.losses.slice(-WINDOW)),
      secondsPerStep: this.secondsPerStep,
    };
  }
}

function formatSeconds(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
