import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  EngineError,
  ONNX_EXPORT,
  openDevice,
  VERIFY_TOLERANCE,
  verifyModel,
  writeSafetensors,
} from '../src/engine/index.js';
import { optionsOf } from './support/options.js';

const USAGE = 'usage: npm run verify -- <folder> [--onnx] [--out FILE] [--json]';

async function main(): Promise<number> {
  const { values, positionals } = optionsOf(USAGE, {
    allowPositionals: true,
    options: {
      onnx: { type: 'boolean', default: false },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [folder] = positionals;
  if (!folder || positionals.length > 1) throw new EngineError('BAD_USER_INPUT', USAGE);
  const device = await openDevice(process.env['AZIMUTH_DEVICE'] ?? 'cpu');
  const errors: Record<string, number> = {};
  for (const file of pathsOf(folder, values.onnx)) {
    const { comparisons, computed } = await verifyModel(folder, device, file);
    const prefix = file && !values.onnx ? 'onnx.' : '';
    for (const { name, error } of comparisons) errors[`${prefix}${name}`] = error;
    if (values.out && prefix === '') await writeFile(values.out, writeSafetensors({ tensors: computed, metadata: {} }));
  }
  const names = Object.keys(errors);
  const width = Math.max(...names.map((name) => name.length));
  const passes = (error: number) => error <= VERIFY_TOLERANCE;
  for (const [name, error] of Object.entries(errors)) {
    const verdict = Number.isNaN(error) ? 'missing' : passes(error) ? 'ok' : `above ${VERIFY_TOLERANCE}`;
    console.log(`${name.padEnd(width)}  ${error.toExponential(2).padStart(9)}  ${verdict}`);
  }
  if (values.json) console.log(JSON.stringify(errors));
  return names.length > 0 && Object.values(errors).every(passes) ? 0 : 1;
}

/** The folder's own files, and its ONNX export where there is one (`onnx.` before the names); with `--onnx` that alone. */
function pathsOf(folder: string, onlyOnnx: boolean): string[] {
  if (onlyOnnx) return [ONNX_EXPORT];
  return existsSync(join(folder, ONNX_EXPORT)) && existsSync(join(folder, 'config.json')) ? ['', ONNX_EXPORT] : [''];
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof EngineError ? error.message : error);
    process.exit(1);
  },
);
