import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  EngineError,
  ONNX_EXPORT,
  openDevice,
  VERIFY_TOLERANCE,
  verifyModel,
  writeSafetensors,
} from '../src/engine/index.js';

const USAGE = 'usage: npm run verify -- <folder> [--onnx] [--out FILE] [--json]';

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
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
  const { comparisons, computed } = await verifyModel(folder, device, values.onnx ? ONNX_EXPORT : '');
  const width = Math.max(...comparisons.map(({ name }) => name.length));
  const passes = (error: number) => error <= VERIFY_TOLERANCE;
  for (const { name, error } of comparisons) {
    const verdict = Number.isNaN(error) ? 'missing' : passes(error) ? 'ok' : `above ${VERIFY_TOLERANCE}`;
    console.log(`${name.padEnd(width)}  ${error.toExponential(2).padStart(9)}  ${verdict}`);
  }
  if (values.out) await writeFile(values.out, writeSafetensors({ tensors: computed, metadata: {} }));
  if (values.json) console.log(JSON.stringify(Object.fromEntries(comparisons.map(({ name, error }) => [name, error]))));
  return comparisons.length > 0 && comparisons.every(({ error }) => passes(error)) ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof EngineError ? error.message : error);
    process.exit(1);
  },
);
