import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { encodeModelProto } from '../../src/engine/graph/onnx-messages.js';
import type { FloatTensor } from '../../src/engine/graph/tensor.js';
import { floatTensor } from '../../src/engine/graph/tensor.js';
import { dependence } from '../../src/engine/models/onnx/dependence.js';
import { readOnnxFile } from '../../src/engine/models/onnx/onnx-file.js';
import { Recorder } from '../../src/engine/models/onnx/recorder.js';
import { Tape } from '../../src/engine/ops/tape.js';
import { Session } from '../../src/engine/runtime/session.js';
import { testDevice } from './numeric.js';

/** An attribute: a number with a point in its text is a float, any other an integer. */
export type AttributeValue = number | string | readonly number[] | { float: number };

/** One operator applied to float inputs and constants. */
export interface OperatorCase {
  readonly op: string;
  readonly inputs: readonly (FloatTensor | { ints: readonly number[] } | { constant: FloatTensor } | null)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
  readonly opset?: number;
}

const text = (value: string) => new TextEncoder().encode(value);

function attribute(name: string, value: AttributeValue) {
  if (typeof value === 'string') return { name, type: 3, s: text(value) };
  if (typeof value === 'number') return { name, type: 2, i: value };
  if ('float' in value) return { name, type: 1, f: value.float };
  return { name, type: 7, ints: [...value] };
}

const isInts = (input: object): input is { ints: readonly number[] } => 'ints' in input;
const isConstant = (input: object): input is { constant: FloatTensor } => 'constant' in input;

/** A model of one operator, with float inputs `x0`, `x1`, … and outputs `y0`, `y1`, …. */
export function operatorModel({ op, inputs, attributes = {}, outputs = 1, opset = 20 }: OperatorCase): Uint8Array {
  const names = inputs.map((input, at) => (input === null ? '' : `x${at}`));
  const made = Array.from({ length: outputs }, (_, at) => `y${at}`);
  const bytes = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const initializer = inputs.flatMap((input, at) => {
    if (!input) return [];
    if (isInts(input)) {
      const rawData = bytes(BigInt64Array.from(input.ints, BigInt));
      return [{ name: `x${at}`, dims: [input.ints.length], dataType: 7, rawData }];
    }
    if (!isConstant(input)) return [];
    return [{ name: `x${at}`, dims: [...input.constant.shape], dataType: 1, rawData: bytes(input.constant.data) }];
  });
  const info = (name: string, shape: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  });
  const input = inputs.flatMap((one, at) => (one && 'dtype' in one ? [info(`x${at}`, one.shape)] : []));
  return encodeModelProto({
    irVersion: 8,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'one',
      node: [
        {
          opType: op,
          name: 'one',
          input: names,
          output: made,
          attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
        },
      ],
      initializer,
      input,
      output: made.map((name) => ({ name, type: { tensorType: { elemType: 1 } } })),
    },
  });
}

/** What ONNX Runtime itself makes of the operator. */
export async function byRuntime(one: OperatorCase): Promise<FloatTensor[]> {
  const session = await ort.InferenceSession.create(operatorModel(one), { graphOptimizationLevel: 'disabled' });
  const feeds = one.inputs.flatMap((input, at) =>
    input && 'dtype' in input ? [[`x${at}`, new ort.Tensor('float32', input.data, input.shape)] as const] : [],
  );
  const made = await session.run(Object.fromEntries(feeds));
  await session.release();
  return session.outputNames.map((name) => {
    const value = made[name] as ort.Tensor;
    return floatTensor([...value.dims], value.data as Float32Array);
  });
}

/** What the import records for the operator, run. */
export async function byRecording(one: OperatorCase): Promise<FloatTensor[]> {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-operator-'));
  try {
    writeFileSync(join(folder, 'one.onnx'), operatorModel(one));
    const file = await readOnnxFile(join(folder, 'one.onnx'));
    const floats = one.inputs.flatMap((input, at) => (input && 'dtype' in input ? [{ name: `x${at}`, input }] : []));
    const graph = dependence(file.nodes, file.initializers, {
      sample: floats[0]?.name ?? '',
      timestep: '',
      output: 'y0',
    });
    const recorder = new Recorder(file, graph, 1);
    const tape = new Tape();
    const values = new Map(floats.map(({ name, input }) => [name, tape.input(name, input.shape)]));
    const given = new Map([...values].map(([name, value]) => [name, { value }]));
    const survey = recorder.survey(1, null, given, { name: '', open: () => tape.scalar(0) }, tape);
    const made = recorder.record(tape, 1, survey, survey.shapes, values, file.outputs);
    const outputs = Object.fromEntries([...made].map(([name, value]) => [`out_${name}`, value]));
    const session = await Session.create(tape.graph(outputs), await testDevice());
    const results = await session.run(Object.fromEntries(floats.map(({ name, input }) => [name, input])));
    await session.release();
    return file.outputs.map((name) => results[`out_${name}`] as FloatTensor);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
