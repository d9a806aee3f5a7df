import type { Value } from '../graph/graph.js';
import type { Tape } from '../ops/tape.js';

/** Mean over all elements, as a scalar. */
export function mean(tape: Tape, x: Value): Value {
  return tape.reduceMean(x, [...x.shape.keys()], false);
}

/** Cross-entropy of logits `[N,K]` with one-hot rows `[N,K]`, mean over N. */
export function crossEntropy(tape: Tape, logits: Value, oneHot: Value): Value {
  const picked = tape.reduceSum(tape.mul(tape.logSoftmax(logits), oneHot), [1], false);
  return tape.neg(mean(tape, picked));
}

/** Mean |a − b|. */
export function meanAbsoluteError(tape: Tape, a: Value, b: Value): Value {
  return mean(tape, tape.abs(tape.sub(a, b)));
}

/** Discriminator's hinge loss (arXiv 1705.02894): mean max(0, 1 − D(real)) + mean max(0, 1 + D(fake)). */
export function hingeLoss(tape: Tape, real: Value, fake: Value): Value {
  const margin = (score: Value) => mean(tape, tape.relu(tape.add(tape.scalar(1), score)));
  return tape.add(margin(tape.neg(real)), margin(fake));
}

/** What the shift control module minimises against it: −mean D(fake). */
export function generatorLoss(tape: Tape, fake: Value): Value {
  return tape.neg(mean(tape, fake));
}
