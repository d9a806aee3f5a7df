import { inputError } from './errors.js';

/** The checks of arguments. Each returns the value, or throws BAD_USER_INPUT with the argument's path and its range. */

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** `min` itself is refused. */
  readonly aboveMin?: boolean;
  /** What to do instead. */
  readonly advice?: string;
}

export function checkInteger(argument: string, value: number, { min, max, advice }: NumberRange): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw inputError(argument, `an integer from ${min} to ${max}`, value, advice);
}

/** Literals like 1e999 reach a resolver as Infinity: GraphQL refuses such numbers in variables only. */
export function checkNumber(argument: string, value: number, { min, max, aboveMin, advice }: NumberRange): number {
  const isAboveMin = aboveMin ? value > min : value >= min;
  if (Number.isFinite(value) && isAboveMin && value <= max) return value;
  throw inputError(argument, `a finite number ${aboveMin ? 'above' : 'from'} ${min} to ${max}`, value, advice);
}

export function checkText(argument: string, value: string, { min, max }: { min: number; max: number }): string {
  const text = value.trim();
  // PostgreSQL cannot store NUL in text.
  if (text.length >= min && text.length <= max && !text.includes('\0')) return text;
  throw inputError(argument, `text of ${min} to ${max} characters`, value);
}

export function checkCount<Item>(argument: string, items: readonly Item[], max: number): readonly Item[] {
  if (items.length <= max) return items;
  throw inputError(argument, `at most ${max} items`, items.length);
}

/** An `after` of a subscription, against the log that it points into. */
export function checkAfter(after: number, lastSeq: number): number {
  const advice = 'Pass the seq of the last event that you received, or 0 for all of them.';
  return checkInteger('after', after, { min: 0, max: lastSeq, advice });
}
