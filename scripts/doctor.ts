import { resolve } from 'node:path';
import { createEngine, EngineError, type SampleCheck } from '../src/engine/index.js';
import { type Findings, reportText } from './doctor/text.js';
import { optionsOf } from './support/options.js';
import { Progress } from './support/progress.js';

const USAGE = 'usage: npm run doctor -- <path> [--tap NAME] [--quick] [--json]';
/** Enough to see whether samples are images, and no more. */
const SAMPLE_STEPS = 10;

/** What Azimuth understands of a model, and whether it computes it right. Ends with 1 if the model is refused, or its gradients are wrong. */
async function main(): Promise<number> {
  const { values, positionals } = optionsOf(USAGE, {
    allowPositionals: true,
    options: {
      tap: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [path] = positionals;
  if (!path || positionals.length > 1) throw new EngineError('BAD_USER_INPUT', USAGE);
  const findings = await examine(resolve(path), values.tap ?? null, values.quick);
  console.log(values.json ? JSON.stringify(findings, null, 2) : reportText(findings));
  return findings.gradients?.verdict === 'FAILED' ? 1 : 0;
}

async function examine(path: string, hTap: string | null, quick: boolean): Promise<Findings> {
  const engine = await createEngine({ device: process.env['AZIMUTH_DEVICE'] ?? 'cpu' });
  const { signal } = new AbortController();
  const description = await engine.importModel(path, async () => {}, signal, hTap);
  const ref = { path, hash: description.hash, hTap };
  const memory = await engine.foretellMemory(ref);
  const options = { signal, yieldTo: async () => {} };
  const gradients = quick ? null : await engine.checkGradients(ref, options);
  let samples: SampleCheck | null = null;
  const bar = new Progress('sampling');
  const onProgress = async (done: number, total: number) => bar.update(done, total, '');
  const request = { seeds: [0, 1], samplingSteps: SAMPLE_STEPS };
  if (!quick)
    for await (const event of engine.gallery(ref, request, { ...options, onProgress }))
      if (event.type === 'check') samples = event.check;
  return { description, memory, gradients, samples };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof EngineError ? `refused: ${error.message}` : error);
    process.exit(1);
  },
);
