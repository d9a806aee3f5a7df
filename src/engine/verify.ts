import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vjp } from './autodiff/vjp.js';
import type { ReverseProcess } from './contract.js';
import { withinBudget } from './diffusion/memory-plan.js';
import type { DiffusionModel, Latents } from './diffusion/model.js';
import { planAt, type SamplingStep } from './diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from './diffusion/step.js';
import { backpropagate, sampleTrajectory } from './diffusion/trajectory.js';
import { EngineError } from './errors.js';
import type { Value } from './graph/graph.js';
import { type FloatTensor, floatTensor } from './graph/tensor.js';
import { loadModel } from './models/load-model.js';
import { Tape } from './ops/tape.js';
import type { Device } from './runtime/device.js';
import { Session } from './runtime/session.js';
import { readSafetensors } from './safetensors.js';

/** One compared tensor; `error` is ‖a−b‖/‖b‖ against the reference, NaN where the tensor was not computed. */
export interface Comparison {
  readonly name: string;
  readonly error: number;
}

export interface Verification {
  readonly comparisons: readonly Comparison[];
  readonly computed: ReadonlyMap<string, FloatTensor>;
}

/** Largest ‖a−b‖/‖b‖ that passes. */
export const VERIFY_TOLERANCE = 1e-4;

const INPUTS = new Set(['x', 'delta_h', 'cotangent', 'trajectory_x_T', 'image', 'image_cotangent']);
const PROCESSES: readonly [ReverseProcess, string][] = [
  ['ASYMMETRIC', 'asym'],
  ['SYMMETRIC', 'sym'],
];

interface Reference {
  readonly tensors: ReadonlyMap<string, FloatTensor>;
  readonly timestep: number;
  readonly timestepPrev: number;
  readonly trajectoryTimesteps: readonly number[];
}

/** The ONNX export that a folder of reference values may hold beside the model's own files. */
export const ONNX_EXPORT = 'unet.onnx';

/**
 * Computes everything that `<folder>/golden.safetensors` holds beyond its inputs with the model in the same folder,
 * loaded as an import loads it (or with `file` in it), and compares. Throws MODEL_INVALID if model or reference cannot be
 * read.
 */
export async function verifyModel(folder: string, device: Device, file = ''): Promise<Verification> {
  const model = await loadModel(join(folder, file));
  const reference = await readReference(folder);
  const computed = new Map<string, FloatTensor>();
  await outputs(model, reference, device, computed);
  if (model.latents) await autoencoder(model.latents, reference, device, computed);
  for (const [process, suffix] of PROCESSES) await gradients(model, reference, device, process, suffix, computed);
  const names = [...reference.tensors.keys()].filter((name) => !INPUTS.has(name));
  const comparisons = names.map((name) => ({
    name,
    error: relativeError(computed.get(name), reference.tensors.get(name)),
  }));
  return { comparisons, computed };
}

async function readReference(folder: string): Promise<Reference> {
  const read = (name: string) =>
    readFile(join(folder, name)).catch((cause: unknown) => {
      throw new EngineError('MODEL_INVALID', `${join(folder, name)}: expected reference values, found no such file.`, {
        cause,
      });
    });
  const { tensors } = readSafetensors(await read('golden.safetensors'), 'golden.safetensors');
  const facts = JSON.parse((await read('golden.json')).toString()) as Record<string, unknown>;
  const { timestep, timestep_prev: timestepPrev, trajectory_timesteps: trajectoryTimesteps } = facts;
  if (typeof timestep === 'number' && typeof timestepPrev === 'number' && Array.isArray(trajectoryTimesteps)) {
    return { tensors, timestep, timestepPrev, trajectoryTimesteps: trajectoryTimesteps.map(Number) };
  }
  throw new EngineError('MODEL_INVALID', 'golden.json: expected timestep, timestep_prev and trajectory_timesteps.');
}

function input(reference: Reference, name: string): FloatTensor {
  const tensor = reference.tensors.get(name);
  if (!tensor) throw new EngineError('MODEL_INVALID', `golden.safetensors: input ${name} is missing.`);
  return tensor;
}

/** The single step of the reference: from `timestep` to `timestep_prev`. */
function singleStep(model: DiffusionModel, { timestep, timestepPrev }: Reference): SamplingStep {
  return planAt(model.schedule, timestepPrev >= 0 ? [timestep, timestepPrev] : [timestep])[0] as SamplingStep;
}

async function outputs(
  model: DiffusionModel,
  reference: Reference,
  device: Device,
  computed: Map<string, FloatTensor>,
): Promise<void> {
  const tape = new Tape();
  const [x, deltaH] = [input(reference, 'x'), input(reference, 'delta_h')];
  const features = tape.input('features', [1, model.featureCount]);
  const encoded = model.encode(tape, tape.input('x', x.shape), features);
  const shifted = tape.add(encoded.h, tape.input('delta_h', deltaH.shape));
  const results = {
    h: encoded.h,
    model_output: model.decode(tape, encoded.h, encoded),
    model_output_shifted: model.decode(tape, shifted, encoded),
  };
  const session = await Session.create(tape.graph(results), device, device.precision);
  const step = singleStep(model, reference);
  const made = await session.run({ x, delta_h: deltaH, features: model.timestepFeatures(step.timestep) });
  await session.release();
  for (const [name, tensor] of Object.entries(made)) computed.set(name, tensor);
  computed.set('alpha_bar', floatTensor([1], Float32Array.of(step.alphaBar)));
  computed.set('alpha_bar_prev', floatTensor([1], Float32Array.of(step.alphaBarPrev)));
}

/** Images of the samples x, their VJP, and samples of an image. */
async function autoencoder(
  latents: Latents,
  reference: Reference,
  device: Device,
  computed: Map<string, FloatTensor>,
): Promise<void> {
  const [x, image, cotangent] = [input(reference, 'x'), input(reference, 'image'), input(reference, 'image_cotangent')];
  const tape = new Tape();
  const samples = tape.input('x', x.shape);
  const decoded = latents.decode(tape, samples);
  const [pulled] = vjp(tape, [decoded], [tape.input('image_cotangent', cotangent.shape)], [samples]) as [Value];
  const encoded = latents.encode(tape, tape.input('image', image.shape));
  const graph = tape.graph({ decoded, grad_decoded: pulled, encoded });
  const session = await Session.create(withinBudget(graph, ['image_cotangent'], device.memoryBudget), device);
  const made = await session.run({ x, image, image_cotangent: cotangent });
  await session.release();
  for (const [name, tensor] of Object.entries(made)) computed.set(name, tensor);
}

/** A step with Δh as an input, and its VJP. */
async function stepSessions(model: DiffusionModel, batch: number, process: ReverseProcess, device: Device) {
  const tape = new Tape();
  const inputs = stepInputs(tape, model, batch);
  const deltaH = tape.input('delta_h', [batch, ...model.hShape]);
  const { xNext } = recordStep(tape, model, inputs, process, () => deltaH);
  const forward = await Session.create({ ...tape.graph({ xNext }) }, device, device.precision);
  const cotangent = tape.input('cotangent', xNext.shape);
  const [gradX, gradDeltaH] = vjp(tape, [xNext], [cotangent], [inputs.x, deltaH]) as [Value, Value];
  const graph = withinBudget(tape.graph({ gradX, gradDeltaH }), [cotangent.name], device.memoryBudget);
  const backward = await Session.create(graph, device, device.precision);
  return { forward, backward };
}

async function gradients(
  model: DiffusionModel,
  reference: Reference,
  device: Device,
  process: ReverseProcess,
  suffix: string,
  computed: Map<string, FloatTensor>,
): Promise<void> {
  const [x, deltaH, cotangent] = [input(reference, 'x'), input(reference, 'delta_h'), input(reference, 'cotangent')];
  const { forward, backward } = await stepSessions(model, x.shape[0] ?? 1, process, device);
  const feeds = (step: SamplingStep, at: FloatTensor) => ({ ...stepFeeds(model, step, 0), x: at, delta_h: deltaH });
  const forwardStep = async (step: SamplingStep, at: FloatTensor) =>
    (await forward.run(feeds(step, at)))['xNext'] as FloatTensor;
  const backwardStep = async (step: SamplingStep, at: FloatTensor, ct: FloatTensor) => {
    const made = await backward.run({ ...feeds(step, at), cotangent: ct });
    return { x: made['gradX'] as FloatTensor, parameters: { deltaH: made['gradDeltaH'] as FloatTensor } };
  };
  const step = singleStep(model, reference);
  const single = await backwardStep(step, x, cotangent);
  computed.set(`x_prev_${suffix}`, await forwardStep(step, x));
  computed.set(`grad_x_${suffix}`, single.x);
  computed.set(`grad_delta_h_${suffix}`, single.parameters.deltaH);

  const plan = planAt(model.schedule, reference.trajectoryTimesteps);
  const at = (i: number) => plan[i] as SamplingStep;
  const nothing = async () => {};
  const trajectory = await sampleTrajectory(
    input(reference, 'trajectory_x_T'),
    plan.length,
    (i, value) => forwardStep(at(i), value),
    nothing,
  );
  let gradXT: FloatTensor | null = null;
  const sums = await backpropagate(
    trajectory,
    cotangent,
    async (i, value, ct) => {
      const made = await backwardStep(at(i), value, ct);
      gradXT = made.x;
      return made;
    },
    nothing,
  );
  computed.set(`trajectory_x_0_${suffix}`, trajectory.samples.at(-1) as FloatTensor);
  computed.set(`trajectory_grad_delta_h_${suffix}`, sums['deltaH'] as FloatTensor);
  if (gradXT) computed.set(`trajectory_grad_x_T_${suffix}`, gradXT);
  await forward.release();
  await backward.release();
}

function relativeError(a: FloatTensor | undefined, b: FloatTensor | undefined): number {
  if (!a || !b || a.data.length !== b.data.length) return Number.NaN;
  let [difference, scale] = [0, 0];
  b.data.forEach((value, index) => {
    difference += ((a.data[index] ?? 0) - value) ** 2;
    scale += value ** 2;
  });
  return Math.sqrt(difference / Math.max(scale, 1e-60));
}
