import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { multiplyAdds } from '../../../src/engine/graph/multiply-adds.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { packageFile } from '../../../src/package.js';

/** What the figures are of: those of two machines are never mixed. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** `null`: Azimuth was measured alone. */
  readonly pytorch: string | null;
  /** Of each side. */
  readonly threads: number;
}

export function machineOf(pytorch: string | null, threads: number): Machine {
  const processors = cpus();
  const { version } = JSON.parse(readFileSync(packageFile('node_modules/onnxruntime-node/package.json'), 'utf8'));
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    // Without the build, which hosts of virtual machines change from week to week.
    system: `${platform()} ${release().split('-')[0]} ${arch()}`,
    node: process.version,
    onnxruntime: String(version),
    pytorch,
    threads,
  };
}

const SIZE = 2048;
const RUNS = 10;

/** GFLOP/s of a product of two square matrices in one session: the fastest of ten runs, all that a graph could reach. */
export async function peakGflops(threads: number): Promise<number> {
  const tape = new Tape();
  const matrix = floatTensor(
    [SIZE, SIZE],
    Float32Array.from({ length: SIZE * SIZE }, (_, at) => (at % 7) - 3),
  );
  const graph = tape.graph({ y: tape.matmul(tape.input('a', matrix.shape), tape.constant(matrix)) });
  const session = await Session.create(graph, await openDevice('cpu', threads));
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    await session.run({ a: matrix });
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  await session.release();
  return (2 * multiplyAdds(graph)) / best / 1e9;
}
