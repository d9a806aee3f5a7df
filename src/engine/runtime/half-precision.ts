import type { Graph, Node, Value } from '../graph/graph.js';
import { DATA_TYPES, type FloatTensor, halfTensor, scalar, type Tensor } from '../graph/tensor.js';
import { lower } from '../ops/lower.js';

/** Computed in float16 where an operand is a weight of the model or float16 already. */
const PRODUCTS = new Set(['Conv', 'ConvTranspose', 'MatMul']);
/** Computed in float16 where all operands but constants are. */
const PASSED_ON = new Set([
  ...['Add', 'Sub', 'Mul', 'Neg', 'Sigmoid', 'Silu', 'SiluSlope', 'Identity'],
  ...[
    'Concat',
    'Split',
    'Slice',
    'Pad',
    'Reshape',
    'Transpose',
    'Expand',
    'Interleave',
    'Deinterleave',
    'DepthToSpace',
  ],
]);
/** Computed in float32, and rounded to float16: what large values come of. */
const ROUNDED = new Set(['SampleAffine', 'GroupNormAffine', 'BatchNormalization', 'Softmax']);

/** What a VJP is linear in, and its outputs. */
const COTANGENT = 'cotangent';
const isGradient = (name: string) => name.startsWith('grad');
/** Keeps a cotangent of zeros from being divided by zero. */
const LEAST = 1e-30;

/**
 * Weights and activations in float16, with what statistics, softmax and the sampling step need in float32; inputs and outputs stay as
 * they are. Of a VJP the cotangent is divided by its largest element, and the gradients multiplied by it: they would be lost in
 * float16 otherwise. The result holds ONNX's operators alone.
 */
export function withHalfPrecision(graph: Graph): Graph {
  const halved = new Halving(withUnitCotangent(graph)).result();
  const lowered = lower(halved);
  return { ...lowered, ...withHalfConstants(lowered) };
}

class Halving {
  private readonly nodes: Node[] = [];
  private readonly constants: Map<string, Tensor>;
  /** Names of values that are there in float16 alone, or as well. */
  private readonly halves = new Map<string, Value>();
  private readonly floats = new Map<string, Value>();

  constructor(private readonly graph: Graph) {
    this.constants = new Map(graph.constants);
  }

  result(): Graph {
    for (const node of this.graph.nodes) this.add(node);
    const outputs = Object.entries(this.graph.outputs).map(([name, value]) => [name, this.asFloat(value)] as const);
    return { ...this.graph, nodes: this.nodes, constants: this.constants, outputs: Object.fromEntries(outputs) };
  }

  private add(node: Node): void {
    const isHalf = this.isHalf(node);
    const inputs = node.inputs.map((input) => input && (isHalf ? this.asHalf(input) : this.asFloat(input)));
    if (!isHalf && !ROUNDED.has(node.op)) {
      this.nodes.push({ ...node, inputs });
      return;
    }
    const made = node.outputs.map((output): Value => ({ ...output, dtype: isHalf ? 'float16' : output.dtype }));
    this.nodes.push({ ...node, inputs, outputs: made });
    for (const output of made) {
      if (isHalf) this.halves.set(output.name, output);
      else this.asHalf(output);
    }
  }

  private isHalf({ op, inputs }: Node): boolean {
    const operands = inputs.filter((input): input is Value => input?.dtype === 'float32');
    const isConstant = ({ name }: Value) => this.graph.constants.has(name);
    const has = ({ name }: Value) => this.halves.has(name);
    if (PRODUCTS.has(op)) return operands.some((operand) => isConstant(operand) || has(operand));
    return PASSED_ON.has(op) && operands.some(has) && operands.every((operand) => isConstant(operand) || has(operand));
  }

  private asHalf(value: Value): Value {
    const known = this.halves.get(value.name);
    if (known || value.dtype !== 'float32') return known ?? value;
    const half: Value = { ...value, name: `${value.name}_half`, dtype: 'float16' };
    const constant = this.graph.constants.get(value.name);
    if (constant) this.constants.set(half.name, halfTensor(constant as FloatTensor));
    else this.cast(value, half);
    this.halves.set(value.name, half);
    return half;
  }

  private asFloat(value: Value): Value {
    const half = this.halves.get(value.name);
    // Of what was rounded, and of inputs, the value itself is there.
    if (half?.name !== value.name) return value;
    const known = this.floats.get(value.name);
    if (known) return known;
    const float: Value = { ...value, name: `${value.name}_float`, dtype: 'float32' };
    this.cast(half, float);
    this.floats.set(value.name, float);
    return float;
  }

  private cast(from: Value, to: Value): void {
    this.nodes.push({ op: 'Cast', inputs: [from], outputs: [to], attributes: { to: DATA_TYPES[to.dtype] } });
  }
}

/** Constants that operators of float16 were lowered with. */
function withHalfConstants({ nodes, constants }: Graph): Pick<Graph, 'nodes' | 'constants'> {
  const all = new Map(constants);
  const half = (input: Value): Value => {
    const constant = constants.get(input.name);
    if (constant?.dtype !== 'float32') return input;
    const name = `${input.name}_half`;
    if (!all.has(name)) all.set(name, halfTensor(constant as FloatTensor));
    return { ...input, name, dtype: 'float16' };
  };
  const isHalf = ({ op, inputs }: Node) => op !== 'Cast' && inputs.some((input) => input?.dtype === 'float16');
  const changed = nodes.map((node) =>
    isHalf(node) ? { ...node, inputs: node.inputs.map((input) => input && half(input)) } : node,
  );
  const read = new Set(changed.flatMap(({ inputs }) => inputs.map((input) => input?.name)));
  return { nodes: changed, constants: new Map([...all].filter(([name]) => read.has(name))) };
}

function withUnitCotangent(graph: Graph): Graph {
  const cotangent = graph.inputs.find(({ name }) => name === COTANGENT);
  if (!cotangent) return graph;
  const single: Value = { name: 'largest', shape: [], dtype: 'float32' };
  const like = (value: Value, name: string): Value => ({ ...value, name });
  const [size, least, safe] = [like(cotangent, 'size'), like(single, 'least'), like(single, 'divisor')];
  const unit = like(cotangent, 'unit');
  const node = (op: string, inputs: Value[], output: Value, attributes: Node['attributes'] = {}): Node => {
    return { op, inputs, outputs: [output], attributes };
  };
  const before = [
    node('Abs', [cotangent], size),
    node('ReduceMax', [size], single, { keepdims: 0 }),
    node('Add', [single, least], safe),
    node('Div', [cotangent, safe], unit),
  ];
  const divided = graph.nodes.map((one) => ({
    ...one,
    inputs: one.inputs.map((input) => (input?.name === COTANGENT ? unit : input)),
  }));
  const gradients = Object.entries(graph.outputs).filter(([name]) => isGradient(name));
  const scaled = gradients.map(([name, value]) => [name, like(value, `${value.name}_scaled`)] as const);
  const after = gradients.map(([, value], at) =>
    node('Mul', [value, safe], (scaled[at] as (typeof scaled)[number])[1]),
  );
  return {
    ...graph,
    nodes: [...before, ...divided, ...after],
    outputs: { ...graph.outputs, ...Object.fromEntries(scaled) },
    constants: new Map([...graph.constants, [least.name, scalar(LEAST)]]),
  };
}
