import { describe, expect, it } from 'vitest';
import type { DiscoveryConfig, DiscoveryEvent } from '../../../src/engine/contract.js';
import { discover } from '../../../src/engine/discovery/loop.js';
import { decodeState } from '../../../src/engine/discovery/state.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { readSafetensors, writeSafetensors } from '../../../src/engine/safetensors.js';
import { TINY_DISCOVERY, TINY_MODEL } from '../../helpers/models.js';

const device = await openDevice('cpu');
const model = await loadModel(TINY_MODEL);
const yieldTo = async () => {};

type Checkpoint = Extract<DiscoveryEvent, { type: 'checkpoint' }>;
type Step = Extract<DiscoveryEvent, { type: 'step' }>;

async function run(config: DiscoveryConfig, from: { state: Uint8Array | null; statistics: Uint8Array } | null = null) {
  const options = {
    state: from?.state ?? null,
    statistics: from?.statistics ?? null,
    signal: new AbortController().signal,
    yieldTo,
  };
  const events: DiscoveryEvent[] = [];
  for await (const event of discover(model, config, options, device)) events.push(event);
  return events;
}

const of = <T extends DiscoveryEvent['type']>(events: readonly DiscoveryEvent[], type: T) =>
  events.filter((event): event is Extract<DiscoveryEvent, { type: T }> => event.type === type);

/** Steps without what a clock or the system measured. */
const numbers = (steps: readonly Step[]) => steps.map(({ secondsPerStep: _s, peakMemoryBytes: _m, ...rest }) => rest);

describe('a discovery', () => {
  it('announces every step, previews of every timestep, checkpoints and at last the scores', async () => {
    const events = await run(TINY_DISCOVERY);
    expect(of(events, 'statistics')).toHaveLength(1);
    expect(of(events, 'step').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(of(events, 'checkpoint').map(({ step }) => step)).toEqual([2, 4, 6]);
    const previews = of(events, 'preview');
    expect(previews.map(({ step, stepIndex }) => `${step}:${stepIndex}`)).toEqual(
      [1, 2, 4, 6].flatMap((step) => [0, 1, 2].map((i) => `${step}:${i}`)),
    );
    expect(previews.every(({ original, shifted }) => original.width === 8 && shifted.bytes.length > 50)).toBe(true);
    const cards = of(events, 'scorecard');
    expect(cards.map(({ step, isFinal }) => [step, isFinal])).toEqual([
      [2, false],
      [4, false],
      [6, true],
    ]);
    const scores = cards.at(-1)?.scores ?? [];
    expect(scores.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(
      scores.every(({ monotonicity, uniqueness, score }) => [monotonicity, uniqueness, score].every(Number.isFinite)),
    ).toBe(true);
    expect(scores.every(({ accuracy, effectSize }) => accuracy >= 0 && accuracy <= 1 && effectSize > 0)).toBe(true);
  });

  it.each([
    // Past the warm-up, so that every part of the state has been moved.
    ['SUBSPACE', 'SYMMETRIC', { start: 'INDEPENDENT' }, 43],
    ['GLOBAL', 'ASYMMETRIC', { adversarialWeight: 0 }, 43],
    ['BLOCK', 'SYMMETRIC', {}, 43],
    // Past the 64 batches of noise, where unedited images are taken from memory, or sampled again.
    ['SUBSPACE', 'ASYMMETRIC', { start: 'PRINCIPAL' }, 66],
  ] as const)(
    'resumed from a checkpoint gives the run that was never interrupted, byte for byte: %s %s %o',
    async (shift, reverseProcess, change, checkpointEvery) => {
      const config = {
        ...TINY_DISCOVERY,
        ...change,
        shift,
        reverseProcess,
        trainingSteps: checkpointEvery + 3,
        checkpointEvery,
        previewEvery: 0,
      };
      const whole = await run(config);
      const [middle, end] = of(whole, 'checkpoint') as [Checkpoint, Checkpoint];
      const resumed = await run(config, { state: middle.state, statistics: of(whole, 'statistics')[0]!.bytes });
      expect(of(resumed, 'statistics')).toEqual([]);
      expect(numbers(of(resumed, 'step'))).toEqual(numbers(of(whole, 'step').slice(checkpointEvery)));
      const again = of(resumed, 'checkpoint').at(-1) as Checkpoint;
      expect(Buffer.compare(Buffer.from(again.state), Buffer.from(end.state))).toBe(0);
      expect(Buffer.compare(Buffer.from(again.parameters), Buffer.from(end.parameters))).toBe(0);
      expect(of(resumed, 'scorecard')).toEqual(of(whole, 'scorecard').slice(-1));
      expect(Buffer.compare(Buffer.from(middle.parameters), Buffer.from(end.parameters))).not.toBe(0);
    },
  );

  it('interrupted in each part of a step gives the run that was never interrupted, byte for byte', async () => {
    // Session runs of a step: sampling 1 and 2, shifted sampling 3 and 4, objective 5, backward 6 and 7, optimisers 8 to 11.
    const runs = 11;
    const fatalRuns = [2, 3, 5, 7, 10];
    const config = {
      ...TINY_DISCOVERY,
      samplingSteps: 2,
      batchSize: 4,
      trainingSteps: 42 + fatalRuns.length,
      checkpointEvery: 1,
      previewEvery: 0,
    };
    let statistics: Uint8Array | null = null;
    /** Up to the checkpoint of `step`; dies before the `fatal`-th session run. */
    const checkpoints = async (from: Checkpoint | null, step: number, fatal = Number.POSITIVE_INFINITY) => {
      const made: Checkpoint[] = [];
      let calls = 0;
      const dieAtLast = async () => {
        calls += 1;
        if (calls === fatal) throw new Error('killed');
      };
      const signal = new AbortController().signal;
      const options = { state: from?.state ?? null, statistics, signal, yieldTo: dieAtLast };
      try {
        for await (const event of discover(model, config, options, device)) {
          if (event.type === 'statistics') statistics = event.bytes;
          if (event.type === 'checkpoint') made.push(event);
          if (made.at(-1)?.step === step) break;
        }
      } catch (error) {
        expect(error).toMatchObject({ message: 'killed' });
      }
      return made;
    };
    const whole = await checkpoints(null, config.trainingSteps);
    // Past the warm-up, so that a step has all of its parts.
    let last = whole[40] as Checkpoint;
    for (const fatal of fatalRuns) {
      // One whole step, and part of the next.
      const [made, ...more] = await checkpoints(last, config.trainingSteps, runs + fatal);
      expect([made?.step, more]).toEqual([last.step + 1, []]);
      last = made as Checkpoint;
    }
    const end = (await checkpoints(last, config.trainingSteps)).at(-1) as Checkpoint;
    const expected = whole.at(-1) as Checkpoint;
    expect(end.step).toBe(expected.step);
    expect(Buffer.compare(Buffer.from(end.state), Buffer.from(expected.state))).toBe(0);
    expect(Buffer.compare(Buffer.from(end.parameters), Buffer.from(expected.parameters))).toBe(0);
  });

  describe('that is long enough to afford fidelity', () => {
    const config: DiscoveryConfig = {
      ...TINY_DISCOVERY,
      directions: 2,
      trainingSteps: 36,
      batchSize: 64,
      samplingSteps: 2,
      checkpointEvery: 100,
      previewEvery: 0,
    };
    const finalScores = (events: readonly DiscoveryEvent[]) => of(events, 'scorecard').at(-1)?.scores ?? [];
    const scoring = (events: readonly DiscoveryEvent[]) =>
      of(events, 'phase').flatMap(({ phase, done, total }) => (phase === 'scoring' ? [{ done, total }] : []));
    /** The run, once; its last checkpoint is where the scoring begins. */
    const whole = run(config);
    const scoringStart = async () => {
      const events = await whole;
      return { state: of(events, 'checkpoint').at(-1)!.state, statistics: of(events, 'statistics')[0]!.bytes };
    };

    it('measures it at four strengths of each direction, beside a baseline, and says how far it got', async () => {
      const events = await whole;
      for (const { fidelity, fidelityBaseline, strengthRange } of finalScores(events)) {
        expect(fidelity?.map(({ strength }) => strength)).toEqual([-6, -3, 3, 6]);
        expect(fidelity?.every(({ kid, frechetDistance }) => Number.isFinite(kid) && frechetDistance > 0)).toBe(true);
        expect(fidelityBaseline).toMatchObject({ samples: 16 });
        expect(fidelityBaseline?.frechetDistance).toBeGreaterThan(0);
        expect(strengthRange?.min).toBeLessThan(0);
        expect(strengthRange?.max).toBeGreaterThan(0);
      }
      const progress = scoring(events);
      expect(progress.map(({ done }) => done)).toEqual(progress.map(({ done }) => done).toSorted((a, b) => a - b));
      expect(progress.at(-1)).toEqual({ done: 1152, total: 1152 });
    });

    it('gives the same after a crash in the scoring', async () => {
      const again = await run(config, await scoringStart());
      expect(of(again, 'step')).toEqual([]);
      expect(finalScores(again)).toEqual(finalScores(await whole));
    });

    it.each([
      ['the pairs', 512],
      ['the fidelity points', 1088],
    ])('is paused and cancelled among %s', async (_, at) => {
      const start = await scoringStart();
      const [pause, abort] = [new AbortController(), new AbortController()];
      const reached = async (signals: { pause?: AbortSignal; signal: AbortSignal }, stop: AbortController) => {
        const events: DiscoveryEvent[] = [];
        for await (const event of discover(model, config, { ...start, yieldTo, ...signals }, device)) {
          events.push(event);
          if (event.type === 'phase' && event.done >= at) stop.abort();
        }
        return events;
      };
      const paused = await reached({ pause: pause.signal, signal: new AbortController().signal }, pause);
      expect(of(paused, 'scorecard')).toEqual([]);
      expect(scoring(paused).at(-1)?.done).toBe(at);
      await expect(reached({ signal: abort.signal }, abort)).rejects.toMatchObject({ code: 'CANCELLED' });
    });

    it('finds strengths faithful that move nothing, and unfaithful that break the image', async () => {
      const { statistics } = await scoringStart();
      const ranges = async (maxStrength: number) => {
        const scores = finalScores(await run({ ...config, maxStrength, minStrength: 0 }, { state: null, statistics }));
        return scores.map(({ strengthRange }) => [strengthRange?.min ?? 0, strengthRange?.max ?? 0] as const);
      };
      expect(await ranges(1e-3)).toEqual([
        [-1e-3, 1e-3],
        [-1e-3, 1e-3],
      ]);
      for (const [min, max] of await ranges(1000)) expect(max - min).toBeLessThan(1500);
    });
  });

  it('of fewer steps leaves fidelity out', async () => {
    const scores = of(await run(TINY_DISCOVERY), 'scorecard').at(-1)?.scores ?? [];
    expect(scores).toHaveLength(4);
    for (const score of scores)
      expect(score).toMatchObject({ fidelity: [], fidelityBaseline: null, strengthRange: null });
  });

  it.each([
    ['PCA', 'PER_TIMESTEP'],
    ['JACOBIAN', 'PER_TIMESTEP'],
    ['RANDOM', 'GLOBAL'],
  ] as const)('by %s leaves its directions as they are, while the reconstructor learns', async (method, shift) => {
    const config = {
      ...TINY_DISCOVERY,
      method,
      shift,
      fullSpatial: shift === 'PER_TIMESTEP',
      orthonormal: false,
      trainingSteps: 44,
      checkpointEvery: 2,
    };
    const events = await run({ ...config, previewEvery: 0 });
    const checkpoints = of(events, 'checkpoint');
    const [first, last] = [checkpoints[0]!, checkpoints.at(-1)!];
    expect(Buffer.compare(Buffer.from(first.parameters), Buffer.from(last.parameters))).toBe(0);
    expect(Buffer.compare(Buffer.from(first.state), Buffer.from(last.state))).not.toBe(0);
    expect(of(events, 'step').every(({ discriminatorLoss }) => discriminatorLoss === null)).toBe(true);
    expect(
      of(events, 'scorecard')
        .at(-1)
        ?.scores.every(({ effectSize }) => effectSize > 0),
    ).toBe(true);
  });

  it('ends with CANCELLED when aborted, before the next session run', async () => {
    const abort = new AbortController();
    const options = { state: null, statistics: null, signal: abort.signal, yieldTo };
    const stream = discover(model, { ...TINY_DISCOVERY, trainingSteps: 1000 }, options, device);
    await expect(async () => {
      for await (const event of stream) if (event.type === 'step') abort.abort();
    }).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('lets somebody else in between two session runs', async () => {
    let turns = 0;
    const options = {
      state: null,
      statistics: null,
      signal: new AbortController().signal,
      yieldTo: async () => {
        turns += 1;
      },
    };
    for await (const _ of discover(model, { ...TINY_DISCOVERY, trainingSteps: 1 }, options, device));
    // Statistics alone are 32 batches of 10 steps.
    expect(turns).toBeGreaterThan(320);
  });

  it('stops training when its reader leaves', async () => {
    const options = { state: null, statistics: null, signal: new AbortController().signal, yieldTo };
    for await (const event of discover(model, { ...TINY_DISCOVERY, trainingSteps: 100_000 }, options, device)) {
      if (event.type === 'step') break;
    }
  });

  it('says so when it diverges', async () => {
    const config = {
      ...TINY_DISCOVERY,
      trainingSteps: 60,
      learningRate: 1,
      shift: 'GLOBAL',
      orthonormal: false,
      maxStrength: 1e39,
      minStrength: 1e39,
    } as const;
    await expect(run(config)).rejects.toThrow(/diverged at step \d+/);
  });
});

describe('a checkpoint', () => {
  it('of another configuration is refused, and so is a damaged one', async () => {
    const [checkpoint] = of(await run({ ...TINY_DISCOVERY, trainingSteps: 1 }), 'checkpoint');
    expect(() => decodeState(checkpoint!.state, { ...TINY_DISCOVERY, seed: 9 })).toThrow(/made with/);
    expect(() => decodeState(checkpoint!.state.slice(0, 999), TINY_DISCOVERY)).toThrow(/training checkpoint/);
  });

  it('holds the moving average of the reconstructor, with decay min(0.98, (1 + n)/(10 + n))', async () => {
    const steps = 90;
    const config = { ...TINY_DISCOVERY, trainingSteps: steps, checkpointEvery: 1, previewEvery: 0 };
    const states = of(await run(config), 'checkpoint').map(({ state }) => decodeState(state, config));
    expect(states).toHaveLength(steps);
    const judged = (index: number, name: string) => Array.from(states[index]!.judge[name]!.data);
    const expected = new Map<string, number[]>();
    states.forEach(({ reconstructor }, index) => {
      const decay = Math.min(0.98, (2 + index) / (11 + index));
      for (const [name, { data }] of Object.entries(reconstructor.parameters)) {
        const old = expected.get(name);
        // What the first step starts from is in no checkpoint.
        expected.set(name, old?.map((value, at) => decay * value + (1 - decay) * data[at]!) ?? judged(0, name));
      }
    });
    for (const [name, values] of expected) {
      const made = judged(steps - 1, name);
      values.forEach((value, at) => {
        expect(Math.abs(value - made[at]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
      });
      expect(made).not.toEqual(Array.from(states.at(-1)!.reconstructor.parameters[name]!.data));
    }
  });

  it('from before there was an average is resumed, with the same losses', async () => {
    const config = { ...TINY_DISCOVERY, trainingSteps: 4, checkpointEvery: 2, previewEvery: 0 };
    const whole = await run(config);
    const [middle] = of(whole, 'checkpoint') as [Checkpoint];
    const { tensors, metadata } = readSafetensors(middle.state, 'test');
    const older = new Map([...tensors].filter(([name]) => !name.startsWith('judge/')));
    expect(older.size).toBeLessThan(tensors.size);
    const state = writeSafetensors({ tensors: older, metadata });
    const { judge, reconstructor } = decodeState(state, config);
    expect(judge).toEqual(reconstructor.parameters);
    const resumed = await run(config, { state, statistics: of(whole, 'statistics')[0]!.bytes });
    expect(numbers(of(resumed, 'step'))).toEqual(numbers(of(whole, 'step').slice(2)));
    expect(of(resumed, 'scorecard')).toHaveLength(1);
  });
});
