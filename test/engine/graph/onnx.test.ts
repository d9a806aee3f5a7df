import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel } from '../../../src/engine/graph/onnx.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { Tape } from '../../../src/engine/ops/tape.js';

function example() {
  const tape = new Tape();
  const x = tape.input('x', [2, 3]);
  const w = tape.constant(floatTensor([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)), 'w');
  const [y, mean] = tape.layerNormalization(tape.matmul(x, w), tape.ones([2]), null, -1, 1e-5);
  return tape.graph({ y, mean, x });
}

describe('the ONNX serialiser', () => {
  it('reads back the operators, attributes and constants that it wrote', () => {
    const graph = example();
    const read = decodeModel(encodeModel(graph));
    expect(read.nodes.map((node) => node.op)).toEqual(['MatMul', 'LayerNormalization', 'Identity']);
    expect(read.nodes[1]?.attributes).toEqual({ axis: -1, epsilon: Math.fround(1e-5) });
    expect([...read.constants].map(([name, tensor]) => [name, tensor.data])).toEqual(
      [...graph.constants].map(([name, tensor]) => [name, tensor.data]),
    );
    expect(read.inputs).toEqual(graph.inputs);
  });

  it('gives outputs their public names, an input that is an output included', () => {
    expect(Object.keys(decodeModel(encodeModel(example())).outputs)).toEqual(['y', 'mean', 'x']);
  });

  it('leaves out optional outputs that nobody reads', () => {
    const tape = new Tape();
    const [y] = tape.layerNormalization(tape.input('x', [2, 3]), tape.ones([3]), null, -1, 1e-5);
    expect(decodeModel(encodeModel(tape.graph({ y }))).nodes[0]?.outputs).toHaveLength(1);
  });

  it('refers to constants that the writer took to external data', () => {
    const taken: number[] = [];
    const bytes = encodeModel(example(), (data) => {
      taken.push(data.byteLength);
      return { location: 'weights.bin', offset: 0 };
    });
    expect(taken).toContain(24);
    expect(() => decodeModel(bytes)).toThrow(/0 bytes of data/);
  });
});
