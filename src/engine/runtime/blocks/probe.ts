import * as ort from 'onnxruntime-node';
import type { Graph, Value } from '../../graph/graph.js';
import { encodeModel } from '../../graph/onnx.js';
import { BLOCKS_DOMAIN } from './images.js';

/** The largest block that ONNX Runtime has on any processor: of 512 bits. */
const LARGEST = 16;

/**
 * How many channels this processor's convolutions take together (16 with AVX-512, 8 with AVX), found by looking where the second
 * pixel of the first channel goes; null where ONNX Runtime has no such convolutions.
 */
export async function channelBlockOf(options: ort.InferenceSession.SessionOptions): Promise<number | null> {
  const image = Float32Array.from({ length: 2 * LARGEST }, (_, index) => index);
  try {
    const session = await ort.InferenceSession.create(encodeModel(reordering()), options);
    const { y } = await session.run({ x: new ort.Tensor('float32', image, [1, LARGEST, 1, 2]) });
    await session.release();
    const block = y?.data instanceof Float32Array ? y.data.indexOf(1) : 0;
    return block > 1 ? block : null;
  } catch {
    return null;
  }
}

function reordering(): Graph {
  const image = (name: string): Value => ({ name, shape: [1, LARGEST, 1, 2], dtype: 'float32' });
  const [x, y] = [image('x'), image('y')];
  const node = { op: 'ReorderInput', domain: BLOCKS_DOMAIN, inputs: [x], outputs: [y], attributes: {} };
  return { inputs: [x], outputs: { y }, nodes: [node], constants: new Map() };
}
