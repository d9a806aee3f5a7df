import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DiscoveryConfig, DiscoveryEvent } from '../../../src/engine/contract.js';
import { estimateDiscovery } from '../../../src/engine/discovery/estimate.js';
import { discover } from '../../../src/engine/discovery/loop.js';
import { adviceFor, discoveryBytes } from '../../../src/engine/discovery/memory.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { peakBytes } from '../../../src/engine/runtime/footprint.js';
import { SESSION_PROCESS } from '../../../src/jobs/session-process.js';
import { packageFile } from '../../../src/package.js';
import { TINY_DISCOVERY, TINY_MODEL } from '../../helpers/models.js';

const device = await openDevice('cpu');
const model = await loadModel(TINY_MODEL);
/** More than any machine has; its graphs hold nothing of that size. */
const ABSURD: DiscoveryConfig = { ...TINY_DISCOVERY, batchSize: 2 ** 26 };
const GIB = 2 ** 30;

afterEach(() => vi.unstubAllEnvs());

describe('the peak of a graph', () => {
  it('is the most that its values take at once, in the order of its nodes', () => {
    const tape = new Tape();
    const x = tape.input('x', [10]);
    const a = tape.exp(x);
    const b = tape.exp(tape.exp(a));
    // While b is made: a, exp a and b; then a, b and their sum.
    expect(peakBytes(tape.graph({ y: tape.add(a, b) }))).toBe(3 * 10 * 4);
  });

  it('does not count a reshape, nor what repeats an earlier node', () => {
    const tape = new Tape();
    const x = tape.input('x', [10]);
    const a = tape.reshape(tape.sigmoid(x), [2, 5]);
    const b = tape.reshape(tape.sigmoid(x), [2, 5]);
    expect(peakBytes(tape.graph({ y: tape.mul(a, b) }))).toBe(2 * 10 * 4);
  });
});

describe('the memory of a discovery', () => {
  it.each([
    ['SUBSPACE', 8],
    ['BLOCK', 16],
  ] as const)('is foretold within 20 % of what a training takes: %s, batch %s', async (shift, batchSize) => {
    const config = { ...TINY_DISCOVERY, directions: 16, samplingSteps: 2, orthonormal: false, shift, batchSize };
    const script = packageFile('dist/test/helpers/training-process.js');
    const run = promisify(execFile);
    const args = [...SESSION_PROCESS.execArgv, script, packageFile('models/portraits-32'), JSON.stringify(config)];
    const { stdout } = await run(process.execPath, args, { env: { ...SESSION_PROCESS.env, ...process.env } });
    const { predicted, measured } = JSON.parse(stdout) as { predicted: number; measured: number };
    expect(predicted / measured).toBeGreaterThan(0.8);
    expect(predicted / measured).toBeLessThan(1.2);
  });

  it('grows with the batch, and with a second decoder pass', () => {
    const bytes = (change: Partial<DiscoveryConfig>) => discoveryBytes(model, { ...TINY_DISCOVERY, ...change }, true);
    expect(bytes({ batchSize: 64_000 }) / bytes({ batchSize: 16_000 })).toBeGreaterThan(2);
    expect(bytes({ reverseProcess: 'ASYMMETRIC' })).toBeGreaterThan(bytes({}));
    expect(bytes({ method: 'RANDOM' })).toBeLessThan(bytes({}));
  });
});

describe('a discovery that will not fit', () => {
  it('is refused with advice before anything of it exists', async () => {
    const signal = new AbortController().signal;
    const options = { state: null, statistics: null, signal, yieldTo: async () => {} };
    const events: DiscoveryEvent[] = [];
    const before = process.memoryUsage.rss();
    const running = (async () => {
      for await (const event of discover(model, ABSURD, options, device)) events.push(event);
    })();
    await expect(running).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
      message: expect.stringMatching(/would take about [\d.]+ GiB .* Use a batchSize of \d+ or less\./),
    });
    expect(events).toEqual([]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 2 ** 20);
  });

  it('is estimated as such, with advice and without a probe', async () => {
    const estimate = await estimateDiscovery(model, ABSURD, device, async () => {
      throw new Error('a session ran');
    });
    expect(estimate).toMatchObject({ secondsPerStep: null, totalSeconds: null, fits: false });
    expect(estimate.peakMemoryBytes).toBeGreaterThan(1024 * GIB);
    expect(estimate.advice).toMatch(/^Use a batchSize of \d+ or less\.$/);
  });

  it('is given a batch that fits, close to the largest', () => {
    const config = { ...TINY_DISCOVERY, batchSize: 64 };
    const usable = discoveryBytes(model, { ...config, batchSize: 40 }, true);
    const advice = adviceFor(model, config, true, usable);
    const batchSize = Number(/^Use a batchSize of (\d+) or less\.$/.exec(advice)?.[1]);
    expect(batchSize).toBeGreaterThan(35);
    expect(discoveryBytes(model, { ...config, batchSize }, true)).toBeLessThanOrEqual(usable);
  });

  it('is given other ways out where no batch fits', () => {
    const config = { ...TINY_DISCOVERY, reverseProcess: 'ASYMMETRIC' } as const;
    const symmetric = discoveryBytes(model, { ...config, batchSize: 1, reverseProcess: 'SYMMETRIC' }, true);
    expect(adviceFor(model, config, true, symmetric)).toBe('Use a batchSize of 1 and reverseProcess SYMMETRIC.');
    const many = { ...TINY_DISCOVERY, shift: 'BLOCK', directions: 256, batchSize: 1 } as const;
    const few = discoveryBytes(model, { ...many, directions: 10 }, true);
    expect(adviceFor(model, many, true, few)).toBe('Use fewer directions.');
    expect(adviceFor(model, many, true, 1000)).toBe('Use a machine with more memory, or a smaller model.');
  });
});
