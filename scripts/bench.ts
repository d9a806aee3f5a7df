import { accuracy } from './bench/accuracy.js';
import { capacity } from './bench/capacity.js';
import { frames } from './bench/frames.js';
import { gpu } from './bench/gpu.js';
import { inversion } from './bench/inversion.js';
import { midTraining } from './bench/mid-training.js';
import { passes } from './bench/passes.js';
import { performanceSuite } from './bench/performance.js';
import { quality } from './bench/quality.js';
import { SHAPES } from './bench/random-model.js';
import { slider } from './bench/slider.js';
import { studio } from './bench/studio.js';
import { takeover } from './bench/takeover.js';
import { trajectory } from './bench/trajectory.js';
import { optionsOf, positiveOption } from './support/options.js';

/** Speed and memory beside PyTorch, and the quality of directions; never part of the tests. */
const USAGE = `usage: npm run bench [-- performance] [--python python3] [--rounds 5] [--only 'portraits gradient'] [--compile] [--report] [--json]
       npm run bench -- trajectory [--python python3] [--rounds 5] [--batch 8] [--process SYMMETRIC] [--json]
       npm run bench -- passes     [--only lanes] [--rounds 5] [--report] [--json]
       npm run bench -- accuracy   [--python python3] [--rounds 3] [--json]
       npm run bench -- gpu        [--python python3] [--rounds 5] [--device auto] [--json]
       npm run bench -- slider     [--data FOLDER] [--seconds 20] [--rounds 5] [--json]
       npm run bench -- studio     [--data FOLDER] [--seconds 20] [--count 20] [--json]
       npm run bench -- frames     [--shape ${SHAPES.join('|')}] [--steps 4] [--rounds 5] [--json]
       npm run bench -- mid-training [--count 20] [--batch 8] [--json]
       npm run bench -- inversion  [--data FOLDER] [--count 20] [--steps 50] [--json]
       npm run bench -- takeover   [--rounds 5] [--json]
       npm run bench -- capacity   [--json]
       npm run bench -- quality    [--only 'methods: PCA'] [--workers 2] [--report] [--json]`;

const { values, positionals } = optionsOf(USAGE, {
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '5' },
    batch: { type: 'string', default: '8' },
    process: { type: 'string', default: 'SYMMETRIC' },
    device: { type: 'string', default: 'auto' },
    data: { type: 'string', default: '' },
    count: { type: 'string', default: '20' },
    steps: { type: 'string', default: '' },
    shape: { type: 'string', default: '256' },
    seconds: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    compile: { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
    report: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const number = (name: 'rounds' | 'batch' | 'count' | 'seconds' | 'workers') =>
  positiveOption(USAGE, name, values[name]);
const stepsOr = (usual: number) => (values.steps ? positiveOption(USAGE, 'steps', values.steps) : usual);

async function main(): Promise<unknown> {
  const { python } = values;
  const rounds = number('rounds');
  const process = values.process === 'ASYMMETRIC' ? 'ASYMMETRIC' : 'SYMMETRIC';
  if (positionals.length === 0 || positionals[0] === 'performance')
    return performanceSuite({
      python,
      rounds,
      only: new RegExp(values.only, 'i'),
      compile: values.compile,
      report: values.report,
    });
  if (positionals[0] === 'trajectory') return trajectory({ python, rounds, batch: number('batch'), process });
  if (positionals[0] === 'passes') return passes({ rounds, only: new RegExp(values.only), report: values.report });
  if (positionals[0] === 'accuracy') return accuracy({ python, seeds: rounds });
  if (positionals[0] === 'gpu') return gpu({ python, rounds, device: values.device, limitSeconds: 480 });
  if (positionals[0] === 'slider') return slider({ data: values.data || null, seconds: number('seconds'), rounds });
  if (positionals[0] === 'studio')
    return studio({ data: values.data || null, seconds: number('seconds'), count: number('count') });
  if (positionals[0] === 'frames') {
    const shape = SHAPES.find((name) => name === values.shape);
    if (!shape) throw new Error(USAGE);
    return frames({ shape, steps: stepsOr(4), rounds });
  }
  if (positionals[0] === 'mid-training') return midTraining({ edits: number('count'), batch: number('batch') });
  if (positionals[0] === 'inversion')
    return inversion({ data: values.data || null, count: number('count'), steps: stepsOr(50) });
  if (positionals[0] === 'capacity') return capacity();
  if (positionals[0] === 'takeover') return takeover({ rounds });
  if (positionals[0] === 'quality')
    return quality({ only: new RegExp(values.only), workers: number('workers'), reportOnly: values.report });
  throw new Error(USAGE);
}

main().then(
  (result) => {
    if (values.json) console.log(JSON.stringify(result));
    process.exit(0);
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
