import type { DirectionRecord, FidelityPoint, ReverseProcess, ShiftKind } from '../contract.js';
import { EngineError } from '../errors.js';
import { UNIT } from './control.js';

/** The schedule that a direction file's model has. */
export interface FileSchedule {
  readonly trainTimesteps: number;
  readonly betaSchedule: string;
  readonly predictionType: string;
}

/** The metadata of a direction file, checked. */
export interface DirectionFileFacts {
  readonly modelHash: string;
  readonly tap: string;
  readonly hShape: readonly [number, number, number];
  readonly schedule: FileSchedule;
  readonly kind: ShiftKind;
  readonly reverseProcess: ReverseProcess;
  /** T_ref. */
  readonly samplingSteps: number;
  /** Training timesteps of the measured steps, noisiest first. */
  readonly timesteps: readonly number[];
  /** RMS of h at each of them. */
  readonly rho: readonly number[];
  readonly directions: readonly DirectionRecord[];
}

const MAX_DIRECTIONS = 4096;
const MAX_STEPS = 1000;
const MAX_EXTENT = 65_536;
const NAME_LENGTH = 120;
const TAG_LENGTH = 64;
const TAG_COUNT = 32;

type Check<T> = (value: unknown) => value is T;
const isNumber: Check<number> = (value): value is number => typeof value === 'number' && Number.isFinite(value);
const isNumberOrNull: Check<number | null> = (value): value is number | null => value === null || isNumber(value);
const isExtent = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_EXTENT;
const isRecord: Check<Record<string, unknown>> = (value): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads the string metadata of a direction file; throws MODEL_INVALID that names the entry. */
export class MetadataReader {
  constructor(private readonly metadata: Readonly<Record<string, string>>) {}

  facts(): DirectionFileFacts {
    const kind = this.text('kind', (value): value is ShiftKind => value in UNIT, Object.keys(UNIT).join(', '));
    const schedule = this.schedule();
    const timesteps = this.numbers('timesteps', (value, at, all) => {
      const before = all[at - 1];
      return Number.isInteger(value) && value >= 0 && (before === undefined || value < before);
    });
    const rho = this.numbers('rho', (value) => value >= 0);
    if (rho.length !== timesteps.length) this.refuse('rho', `${timesteps.length} numbers`, this.metadata['rho']);
    const unit = Number(this.metadata['unit']);
    if (unit !== UNIT[kind]) this.refuse('unit', `${UNIT[kind]}, that of ${kind}`, this.metadata['unit']);
    return {
      modelHash: this.text('modelHash', (value): value is string => /^[0-9a-f]{64}$/.test(value), 'a SHA-256 in hex'),
      tap: this.text('tap', (value): value is string => value.length <= 1000, 'a name'),
      hShape: this.hShape(),
      schedule,
      kind,
      reverseProcess: this.text(
        'reverseProcess',
        (value): value is ReverseProcess => value === 'ASYMMETRIC' || value === 'SYMMETRIC',
        'ASYMMETRIC or SYMMETRIC',
      ),
      samplingSteps: this.samplingSteps(schedule),
      timesteps,
      rho,
      directions: this.directions(),
    };
  }

  private refuse(key: string, expected: string, got: unknown): never {
    const text = got === undefined ? 'nothing' : JSON.stringify(got).slice(0, 80);
    throw new EngineError('MODEL_INVALID', `directions: metadata ${key}: expected ${expected}, got ${text}.`);
  }

  private text<T extends string>(key: string, check: (value: string) => value is T, expected: string): T {
    const value = this.metadata[key];
    return value !== undefined && check(value) ? value : this.refuse(key, expected, value);
  }

  private json(key: string): unknown {
    try {
      return JSON.parse(this.metadata[key] ?? '');
    } catch {
      return this.refuse(key, 'JSON', this.metadata[key]);
    }
  }

  private numbers(key: string, fits: (value: number, at: number, all: readonly number[]) => boolean): number[] {
    const value = this.json(key);
    const isList = Array.isArray(value) && value.length >= 1 && value.length <= MAX_STEPS && value.every(isNumber);
    const list = isList ? (value as number[]) : this.refuse(key, `1 to ${MAX_STEPS} numbers`, value);
    return list.every(fits) ? list : this.refuse(key, key === 'rho' ? 'numbers from 0' : 'falling timesteps', value);
  }

  private hShape(): readonly [number, number, number] {
    const value = this.json('hShape');
    if (Array.isArray(value) && value.length === 3 && value.every(isExtent)) return value as [number, number, number];
    return this.refuse('hShape', 'channels, height and width', value);
  }

  private schedule(): FileSchedule {
    const value = this.json('schedule');
    const { trainTimesteps, betaSchedule, predictionType } = isRecord(value) ? value : {};
    if (isExtent(trainTimesteps) && typeof betaSchedule === 'string' && typeof predictionType === 'string')
      return { trainTimesteps: Number(trainTimesteps), betaSchedule, predictionType };
    return this.refuse('schedule', 'trainTimesteps, betaSchedule and predictionType', value);
  }

  private samplingSteps({ trainTimesteps }: FileSchedule): number {
    const value = Number(this.metadata['samplingSteps']);
    if (Number.isInteger(value) && value >= 1 && value <= trainTimesteps) return value;
    return this.refuse('samplingSteps', `a whole number in 1…${trainTimesteps}`, this.metadata['samplingSteps']);
  }

  private directions(): DirectionRecord[] {
    const value = this.json('directions');
    if (Array.isArray(value) && value.length >= 1 && value.length <= MAX_DIRECTIONS)
      return value.map((item, at) => this.direction(`directions[${at}]`, item));
    return this.refuse('directions', `1 to ${MAX_DIRECTIONS} of them`, value);
  }

  private direction(where: string, value: unknown): DirectionRecord {
    if (!isRecord(value)) return this.refuse(where, 'an object', value);
    const { name, tags = [], dead = false, fidelity = [], fidelityBaseline = null, strengthRange = null } = value;
    const fits = (text: unknown, length: number) =>
      typeof text === 'string' && text.trim() !== '' && text.length <= length && !text.includes('\0');
    if (!fits(name, NAME_LENGTH)) this.refuse(`${where}.name`, `1 to ${NAME_LENGTH} characters`, name);
    if (!Array.isArray(tags) || tags.length > TAG_COUNT || !tags.every((tag) => fits(tag, TAG_LENGTH)))
      this.refuse(`${where}.tags`, `at most ${TAG_COUNT}, each of 1 to ${TAG_LENGTH} characters`, tags);
    if (typeof dead !== 'boolean') this.refuse(`${where}.dead`, 'true or false', dead);
    const measure = (key: string) => {
      const number = value[key] ?? null;
      return isNumberOrNull(number) ? number : this.refuse(`${where}.${key}`, 'a number or null', number);
    };
    if (!Array.isArray(fidelity) || fidelity.length > MAX_STEPS)
      return this.refuse(`${where}.fidelity`, 'a list', fidelity);
    return {
      name: name as string,
      tags: tags as string[],
      accuracy: measure('accuracy'),
      strengthError: measure('strengthError'),
      monotonicity: measure('monotonicity'),
      effectSize: measure('effectSize'),
      uniqueness: measure('uniqueness'),
      score: measure('score'),
      dead: dead as boolean,
      fidelity: fidelity.map((point, at) => this.fields(`${where}.fidelity[${at}]`, point, POINT)) as FidelityPoint[],
      fidelityBaseline: this.fieldsOrNull(`${where}.fidelityBaseline`, fidelityBaseline, BASELINE),
      strengthRange: this.fieldsOrNull(`${where}.strengthRange`, strengthRange, RANGE),
    };
  }

  private fieldsOrNull<const Key extends string>(where: string, value: unknown, keys: readonly Key[]) {
    return value === null ? null : this.fields(where, value, keys);
  }

  private fields<const Key extends string>(where: string, value: unknown, keys: readonly Key[]): Record<Key, number> {
    const record = isRecord(value) ? value : {};
    const fits = (key: Key) => (key === 'samples' ? isExtent(record[key]) : isNumber(record[key]));
    if (!keys.every(fits)) this.refuse(where, `numbers ${keys.join(', ')}`, value);
    return Object.fromEntries(keys.map((key) => [key, record[key]])) as Record<Key, number>;
  }
}

const POINT = ['strength', 'kid', 'frechetDistance'] as const;
const BASELINE = ['samples', 'kid', 'frechetDistance'] as const;
const RANGE = ['min', 'max'] as const;
