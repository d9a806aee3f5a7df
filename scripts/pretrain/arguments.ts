import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EngineError, type PretrainingConfig } from '../../src/engine/index.js';
import type { Domain } from '../domains/domain.js';
import { domainNamed } from '../domains/domains.js';

export const USAGE = `usage: npm run pretrain -- [--domain portraits] [--out FOLDER] [--steps 2000] [--batch 32] [--channels 16,32,64]
         [--resolution 32] [--prediction v_prediction] [--learning-rate 0.001] [--seed 0] [--checkpoint-every 100]
         [--threads N] [--json]`;

export interface Arguments {
  readonly domain: Domain;
  readonly config: PretrainingConfig;
  readonly folder: string;
  /** `null`: as many as there are processors. */
  readonly threads: number | null;
  readonly isJson: boolean;
}

const OPTIONS = {
  domain: { type: 'string', default: 'portraits' },
  out: { type: 'string' },
  steps: { type: 'string', default: '2000' },
  batch: { type: 'string', default: '32' },
  channels: { type: 'string', default: '16,32,64' },
  resolution: { type: 'string' },
  prediction: { type: 'string', default: 'v_prediction' },
  'learning-rate': { type: 'string', default: '0.001' },
  seed: { type: 'string', default: '0' },
  'checkpoint-every': { type: 'string', default: '100' },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Reads the command line. Throws BAD_USER_INPUT that names the option. */
export function readArguments(args: readonly string[]): Arguments {
  const values = parse(args);
  const domain = domainNamed(values.domain);
  const resolution = values.resolution === undefined ? domain.resolution : numberOf('resolution', values.resolution);
  if (resolution !== domain.resolution)
    refuse('resolution', `${domain.resolution}, as the domain ${domain.name} draws`, String(resolution));
  const { prediction } = values;
  if (prediction !== 'epsilon' && prediction !== 'v_prediction')
    return refuse('prediction', 'epsilon or v_prediction', prediction);
  const threads = values.threads === undefined ? null : numberOf('threads', values.threads);
  if (threads !== null && !(Number.isInteger(threads) && threads >= 1 && threads <= 256))
    refuse('threads', 'a whole number in 1…256', String(threads));
  return {
    domain,
    folder: values.out ?? join('out', 'pretrain', domain.name),
    threads,
    isJson: values.json,
    config: {
      source: domain.name,
      resolution,
      channels: values.channels.split(',').map((width) => numberOf('channels', width)),
      predictionType: prediction,
      steps: numberOf('steps', values.steps),
      batchSize: numberOf('batch', values.batch),
      learningRate: numberOf('learning-rate', values['learning-rate']),
      seed: numberOf('seed', values.seed),
      checkpointEvery: numberOf('checkpoint-every', values['checkpoint-every']),
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (cause) {
    throw new EngineError('BAD_USER_INPUT', `${(cause as Error).message}\n${USAGE}`, { cause });
  }
}

function numberOf(name: string, value: string): number {
  const number = Number(value);
  return value.trim() === '' || Number.isNaN(number) ? refuse(name, 'a number', value) : number;
}

function refuse(name: string, expected: string, got: string): never {
  throw new EngineError('BAD_USER_INPUT', `--${name}: expected ${expected}, got ${JSON.stringify(got)}.`);
}
