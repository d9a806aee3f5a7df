import * as ort from 'onnxruntime-node';
import { encodeModel } from '../graph/onnx.js';
import { sharedTensor } from '../graph/shared-memory.js';
import { Tape } from '../ops/tape.js';

/** Whether sessions read and write memory that threads share: Node.js 24 hands it to add-ons, 20 does not. */
export async function readsSharedMemory(options: ort.InferenceSession.SessionOptions): Promise<boolean> {
  const tape = new Tape();
  const graph = tape.graph({ y: tape.neg(tape.input('x', [1])) });
  const [x, y] = [sharedTensor([1]), sharedTensor([1])];
  x.data[0] = 1;
  try {
    const session = await ort.InferenceSession.create(encodeModel(graph), options);
    const tensor = ({ data, shape }: typeof x) => new ort.Tensor('float32', data, shape);
    await session.run({ x: tensor(x) }, { y: tensor(y) });
    await session.release();
    return y.data[0] === -1;
  } catch {
    return false;
  }
}
