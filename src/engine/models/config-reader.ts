import { EngineError } from '../errors.js';
import { shown } from '../shown.js';
import type { ConfigFinding } from './loaded-model.js';

const MAX_DEPTH = 32;

/**
 * A JSON object as Python writes it: its infinities are read as such, its NaN as null. Throws MODEL_INVALID for anything
 * else than an object.
 */
export function parseObject(where: string, text: string): Record<string, unknown> {
  const words: Readonly<Record<string, string>> = { Infinity: '1e999', '-Infinity': '-1e999', NaN: 'null' };
  // A string is matched to its end, or to that of the text: what is broken is scanned once.
  const tokens = /"(?:[^"\\]|\\.)*\\?(?:"|$)|-?\bInfinity\b|\bNaN\b/gs;
  let value: unknown;
  try {
    value = JSON.parse(text.replace(tokens, (token) => words[token] ?? token));
  } catch (cause) {
    throw new EngineError('MODEL_INVALID', `${where}: not JSON (${(cause as Error).message}).`, { cause });
  }
  if (depthOf(value) > MAX_DEPTH)
    throw new EngineError('MODEL_INVALID', `${where}: nested deeper than ${MAX_DEPTH} levels, as no configuration is.`);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new EngineError('MODEL_INVALID', `${where}: expected a JSON object.`);
}

/** Levels of objects and lists in each other, counted level by level: what is deep would overflow the stack. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level = [value];
  while (level.length > 0 && depth <= MAX_DEPTH) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    depth += 1;
  }
  return depth;
}

/** The same content whatever the order and spacing of its keys. */
export function canonical(text: string): string {
  const parsed = parseObject('configuration', text);
  return JSON.stringify(Object.fromEntries(Object.entries(parsed).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** A JSON configuration, read key by key; every key must be read or listed as known, or it is refused. */
export class ConfigReader {
  /** What each key that was read, and is absent, was taken to be. */
  private readonly read = new Map<string, unknown>();

  constructor(
    private readonly where: string,
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  static parse(where: string, text: string): ConfigReader {
    return new ConfigReader(where, parseObject(where, text));
  }

  /** The value under `key`, `fallback` where the key is absent or null. */
  private take(key: string, fallback: unknown): unknown {
    this.read.set(key, fallback);
    return this.values[key] ?? fallback;
  }

  /** Throws MODEL_INVALID about one key. */
  refuse(key: string, expected: string, got: unknown): never {
    throw new EngineError('MODEL_INVALID', `${this.where}: ${key}: expected ${expected}, got ${shown(got)}.`);
  }

  integer(key: string, [low, high]: readonly [number, number], fallback?: number): number {
    const value = this.take(key, fallback);
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
    return this.refuse(key, `a whole number in ${low}…${high}`, value);
  }

  /** Null where the key holds null; `fallback` where it is absent. */
  integerOrNull(key: string, range: readonly [number, number], fallback: number | null = null): number | null {
    const absent = this.values[key] === undefined ? fallback : null;
    return this.take(key, absent) === null ? null : this.integer(key, range, absent ?? undefined);
  }

  /** One whole number, or a list of `count` of them. */
  integers(key: string, range: readonly [number, number], count: number): number[] {
    if (!Array.isArray(this.take(key, undefined))) return new Array<number>(count).fill(this.integer(key, range));
    const list = this.numbers(key, range, [count, count]);
    return list.every(Number.isInteger) ? list : this.refuse(key, 'whole numbers', list);
  }

  number(key: string, [low, high]: readonly [number, number], fallback?: number): number {
    const value = this.take(key, fallback);
    if (typeof value === 'number' && value >= low && value <= high) return value;
    return this.refuse(key, `a number in ${low}…${high}`, value);
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.take(key, fallback);
    return typeof value === 'boolean' ? value : this.refuse(key, 'true or false', value);
  }

  text(key: string, fallback: string): string {
    const value = this.take(key, fallback);
    return typeof value === 'string' ? value : this.refuse(key, 'text', value);
  }

  choice<const T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.take(key, fallback);
    const found = choices.find((choice) => choice === value);
    return found ?? this.refuse(key, `one of ${choices.join(', ')}`, value);
  }

  /** A list of `count` choices; `rename` gives today's name of one that had another. */
  choices<const T extends string>(
    key: string,
    allowed: readonly T[],
    count: number,
    { rename = (name: string) => name, hint = '' } = {},
  ): T[] {
    const value = this.take(key, undefined);
    if (!Array.isArray(value) || value.length !== count) return this.refuse(key, `a list of ${count}`, value);
    return value.map((item: unknown) => {
      const name = typeof item === 'string' ? rename(item) : item;
      return allowed.find((choice) => choice === name) ?? this.refuse(key, `only ${allowed.join(', ')}${hint}`, item);
    });
  }

  numbers(key: string, [low, high]: readonly [number, number], count: readonly [number, number]): number[] {
    const value = this.take(key, undefined);
    const fits = (item: unknown): item is number => typeof item === 'number' && item >= low && item <= high;
    if (Array.isArray(value) && value.length >= count[0] && value.length <= count[1] && value.every(fits)) return value;
    return this.refuse(key, `a list of ${count[0]} to ${count[1]} numbers in ${low}…${high}`, value);
  }

  /** An object under `key`, as JSON; null where the key is absent or null. */
  objectText(key: string): string | null {
    const value = this.take(key, null);
    if (value === null) return null;
    return typeof value === 'object' && !Array.isArray(value)
      ? JSON.stringify(value)
      : this.refuse(key, 'an object', value);
  }

  /** Whether the key holds anything but null; null is known then. */
  has(key: string): boolean {
    if (!this.read.has(key)) this.read.set(key, null);
    return (this.values[key] ?? null) !== null;
  }

  /** Whether the key is there and holds null. */
  isNull(key: string): boolean {
    return this.values[key] === null;
  }

  /** Refuses a key that is set to anything but `allowed` (or absent): an option that changes the model and is not built. */
  only(key: string, ...allowed: readonly unknown[]): void {
    const value = this.take(key, null);
    if (value !== null && !allowed.includes(value))
      this.refuse(key, `${allowed.map((item) => JSON.stringify(item)).join(' or ') || 'null'}`, value);
  }

  /** Every key there is, then those whose default was taken (if it is not null); `meanings` says what each stands for. */
  findings(meanings: Readonly<Record<string, string>>): ConfigFinding[] {
    const absent = [...this.read].filter(
      ([key, fallback]) => this.values[key] === undefined && (fallback ?? null) !== null,
    );
    return [
      ...Object.entries(this.values).map(([key, value]) => ({ key, value: shown(value) })),
      ...absent.map(([key, fallback]) => ({ key, value: `${shown(fallback)} (default)` })),
    ].map((finding) => ({ ...finding, meaning: meanings[finding.key] ?? '' }));
  }

  /** Refuses keys that were neither read nor are `ignored`: they could change what the model computes. */
  finish(ignored: readonly string[]): void {
    const unknown = Object.keys(this.values).filter(
      (key) => !this.read.has(key) && !ignored.includes(key) && !key.startsWith('_'),
    );
    if (unknown.length > 0)
      throw new EngineError(
        'MODEL_INVALID',
        `${this.where}: unknown keys ${unknown.join(', ')}; remove them if they do not change the model.`,
      );
  }
}
