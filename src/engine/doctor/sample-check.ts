import type { SampleCheck } from '../contract.js';

/** Clean images lie in −1…1; a sample of a sound model may leave that a little. */
const RANGE = 2;
/** Half a grey level. */
const CONSTANT = 1 / 255;

/** Looks at finished samples one by one, and says at the end whether they can be images. */
export class SampleInspector {
  private count = 0;
  private constant = 0;
  private values = 0;
  private sum = 0;
  private squares = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private unfinite = 0;

  /** Values of one finished sample. */
  add(sample: Float32Array): void {
    this.count += 1;
    let [sum, squares] = [0, 0];
    for (const value of sample) {
      if (!Number.isFinite(value)) this.unfinite += 1;
      sum += value;
      squares += value * value;
      this.min = Math.min(this.min, value);
      this.max = Math.max(this.max, value);
    }
    const variance = squares / sample.length - (sum / sample.length) ** 2;
    if (variance < CONSTANT ** 2) this.constant += 1;
    this.values += sample.length;
    this.sum += sum;
    this.squares += squares;
  }

  check(samplingSteps: number): SampleCheck {
    const { count, min, max, values } = this;
    const mean = this.sum / values;
    const deviation = Math.sqrt(Math.max(0, this.squares / values - mean ** 2));
    const facts = { count, samplingSteps };
    const text = `${count} samples of ${samplingSteps} steps`;
    if (this.unfinite > 0) {
      const message = `${text} hold ${this.unfinite} values that are not finite.`;
      return { verdict: 'FAILED', ...facts, min: null, max: null, mean: null, deviation: null, message };
    }
    const range = `values from ${min.toPrecision(3)} to ${max.toPrecision(3)}`;
    const problem =
      this.constant > 0
        ? `${this.constant} of them are of one colour.`
        : Math.max(-min, max) > RANGE
          ? 'Images lie in -1 to 1: the schedule or the prediction type may not be those of its training, or it is not trained.'
          : null;
    const message = `${text}: ${range}. ${problem ?? 'They can be images.'}`;
    return { verdict: problem ? 'FAILED' : 'PASSED', ...facts, min, max, mean, deviation, message };
  }
}
