import type { SheetDirection } from './sheet';

/** A number of the scorecard, and what it says in words. */
export interface Measure {
  readonly name: string;
  /** As it is shown; null: not measured yet. */
  readonly value: string | null;
  /** Where it stands between nothing and the best, 0 to 1, where there is a best. */
  readonly share: number | null;
  readonly words: string;
}

const two = (value: number) => value.toFixed(2);
const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;

export function measuresOf(direction: SheetDirection): readonly Measure[] {
  const { accuracy, effectSize, monotonicity, uniqueness } = direction;
  return [
    {
      name: 'Accuracy',
      value: accuracy === null ? null : two(accuracy),
      share: accuracy,
      words:
        accuracy === null
          ? 'How often the change in a fresh pair of images is told apart from all the others.'
          : `In ${Math.round(accuracy * 100)} of 100 fresh pairs, the change is recognised as this direction’s.`,
    },
    {
      name: 'Monotonicity',
      value: monotonicity === null ? null : two(monotonicity),
      share: monotonicity === null ? null : Math.max(0, monotonicity),
      words: monotonicityWords(monotonicity),
    },
    {
      name: 'Uniqueness',
      value: uniqueness === null ? null : two(uniqueness),
      share: uniqueness,
      words: uniquenessWords(uniqueness),
    },
    {
      name: 'Effect size',
      value: effectSize === null ? null : effectSize.toFixed(3),
      share: null,
      words:
        effectSize === null
          ? 'How much the image changes with one unit of strength.'
          : `Strength 1 changes the image by ${((effectSize / 2) * 100).toFixed(1)} % of the range from black to white (RMS).`,
    },
    rangeMeasure(direction),
  ];
}

function monotonicityWords(value: number | null): string {
  if (value === null) return 'Whether more strength gives more of the same change.';
  if (value > 0.9) return 'More strength gives more of the same change, from end to end.';
  if (value > 0.6) return 'More strength mostly gives more of the same change.';
  return 'The change turns into something else as strength grows.';
}

function uniquenessWords(value: number | null): string {
  if (value === null) return 'How little it resembles the other directions of its discovery.';
  if (value > 0.7) return 'It does something that no other direction of its discovery does.';
  if (value > 0.4) return 'It shares part of its change with another direction.';
  return 'Another direction does nearly the same.';
}

function rangeMeasure({ strengthRange, fidelityBaseline }: SheetDirection): Measure {
  const name = 'Strength range';
  if (strengthRange === null) {
    const words = 'Within which images stay as faithful as unedited ones. Measured at the end of a longer discovery.';
    return { name, value: null, share: null, words };
  }
  const { min, max } = strengthRange;
  return {
    name,
    value: `${signed(min)} to ${signed(max)}`,
    share: null,
    words: `Within it, images stay about as faithful as unedited ones (Fréchet distance up to twice the baseline of ${
      fidelityBaseline?.frechetDistance.toFixed(2) ?? '?'
    }).`,
  };
}

/** One line under a filmstrip. */
export function summary(direction: SheetDirection): string {
  const { score, version, dead, duplicateOf, accuracy } = direction;
  if (dead) return 'Dead: it changes next to nothing.';
  if (duplicateOf) return `Repeats ${duplicateOf.name}.`;
  if (score === null) return version === 0 ? 'Being learned.' : 'Not measured yet.';
  if (accuracy !== null && accuracy < 0.5) return 'Hard to tell from the others.';
  return monotonicityWords(direction.monotonicity);
}
