import type { PretrainingConfig, PretrainingEvent } from '../../src/engine/index.js';

/** Losses that a printed one is the mean of: those of single steps scatter with the timesteps drawn. */
const WINDOW = 50;
const LINE_EVERY = 10;

/** Mean of the first, or the last, losses. */
export function meanLoss(losses: readonly number[], which: 'first' | 'last'): number {
  const part = which === 'first' ? losses.slice(0, LINE_EVERY) : losses.slice(-WINDOW);
  return part.reduce((sum, loss) => sum + loss, 0) / part.length;
}

/** Follows a pretraining: keeps its losses and times, prints a line every ten steps. */
export class Report {
  private readonly losses: number[] = [];
  private readonly seconds: number[] = [];

  constructor(private readonly config: PretrainingConfig) {}

  /** Takes over the losses of the steps done before. */
  start(losses: Float32Array): void {
    this.losses.push(...losses);
    if (losses.length > 0) console.log(`resuming after step ${losses.length}`);
  }

  step({ step, loss, learningRate, seconds }: Extract<PretrainingEvent, { type: 'step' }>): void {
    this.losses.push(loss);
    this.seconds.push(seconds);
    if (step % LINE_EVERY !== 0 && step !== this.config.steps) return;
    const left = formatSeconds((this.config.steps - step) * this.secondsPerStep);
    const mean = meanLoss(this.losses, 'last').toFixed(4);
    const rate = learningRate.toExponential(1);
    console.log(
      `step ${step}/${this.config.steps}  loss ${mean}  lr ${rate}  ${this.secondsPerStep.toFixed(3)} s/step  ${left} left`,
    );
  }

  /** Median of this process's steps: on a busy machine the mean is somebody else's. */
  get secondsPerStep(): number {
    const sorted = [...this.seconds].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }

  get result() {
    return {
      steps: this.losses.length,
      firstLoss: meanLoss(this.losses, 'first'),
      lastLoss: meanLoss(this.losses, 'last'),
      secondsPerStep: this.secondsPerStep,
    };
  }
}

function formatSeconds(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
