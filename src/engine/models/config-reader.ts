import { EngineError } from '../errors.js';
import { shown } from '../shown.js';

/** A JSON configuration, read key by key; every key must be read or listed as known, or it is refused. */
export class ConfigReader {
  private readonly read = new Set<string>();

  constructor(
    private readonly where: string,
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  static parse(where: string, text: string): ConfigReader {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new EngineError('MODEL_INVALID', `${where}: not JSON (${(cause as Error).message}).`, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new EngineError('MODEL_INVALID', `${where}: expected a JSON object.`);
    }
    return new ConfigReader(where, value as Record<string, unknown>);
  }

  /** The value under `key`, `fallback` where the key is absent or null. */
  private take(key: string, fallback: unknown): unknown {
    this.read.add(key);
    return this.values[key] ?? fallback;
  }

  private refuse(key: string, expected: string, got: unknown): never {
    throw new EngineError('MODEL_INVALID', `${this.where}: ${key}: expected ${expected}, got ${shown(got)}.`);
  }

  integer(key: string, [low, high]: readonly [number, number], fallback?: number): number {
    const value = this.take(key, fallback);
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
    return this.refuse(key, `a whole number in ${low}…${high}`, value);
  }

  integerOrNull(key: string, range: readonly [number, number]): number | null {
    return this.take(key, null) === null ? null : this.integer(key, range);
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

  choice<const T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.take(key, fallback);
    const found = choices.find((choice) => choice === value);
    return found ?? this.refuse(key, `one of ${choices.join(', ')}`, value);
  }

  choices<const T extends string>(key: string, allowed: readonly T[], count: number): T[] {
    const value = this.take(key, undefined);
    if (!Array.isArray(value) || value.length !== count) return this.refuse(key, `a list of ${count}`, value);
    return value.map(
      (item) => allowed.find((choice) => choice === item) ?? this.refuse(key, `only ${allowed.join(', ')}`, item),
    );
  }

  numbers(key: string, [low, high]: readonly [number, number], count: readonly [number, number]): number[] {
    const value = this.take(key, undefined);
    const fits = (item: unknown): item is number => typeof item === 'number' && item >= low && item <= high;
    if (Array.isArray(value) && value.length >= count[0] && value.length <= count[1] && value.every(fits)) return value;
    return this.refuse(key, `a list of ${count[0]} to ${count[1]} numbers in ${low}…${high}`, value);
  }

  has(key: string): boolean {
    return (this.values[key] ?? null) !== null;
  }

  /** Refuses a key that is set to anything but `allowed` (or absent): an option that changes the model and is not built. */
  only(key: string, ...allowed: readonly unknown[]): void {
    const value = this.take(key, null);
    if (value !== null && !allowed.includes(value))
      this.refuse(key, `${allowed.map((item) => JSON.stringify(item)).join(' or ') || 'null'}`, value);
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
