import type { Attribute, Attributes, Graph, Node, Value } from './graph.js';
import {
  type AttributeProto,
  decodeModelProto,
  encodeModelProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx-messages.js';
import type { DType, Tensor } from './tensor.js';
import { DATA_TYPES, sizeOf } from './tensor.js';

/** The opset and IR version that Azimuth writes. */
export const OPSET = 18;
const IR_VERSION = 8;

/** ONNX AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { FLOAT: 1, INT: 2, STRING: 3, FLOATS: 6, INTS: 7 };
/** Attributes that ONNX declares as float; every other number is an int. */
const FLOAT_ATTRIBUTES = new Set(['epsilon', 'alpha', 'beta', 'value_float']);

/** Receives a large constant and says where it was put: ONNX's external data. */
export type ExternalWriter = (bytes: Uint8Array) => { location: string; offset: number } | null;

/**
 * Serialises a graph as an ONNX model. Outputs get their public names; a constant that `external` takes is referred to by
 * place, the others are embedded.
 */
export function encodeModel(graph: Graph, external: ExternalWriter = () => null): Uint8Array {
  const { nodes, rename } = withNamedOutputs(graph);
  const domains = [...new Set(nodes.flatMap(({ domain }) => domain ?? []))];
  return encodeModelProto({
    irVersion: IR_VERSION,
    producerName: 'azimuth',
    opsetImport: [{ domain: '', version: OPSET }, ...domains.map((domain) => ({ domain, version: 1 }))],
    graph: {
      name: 'azimuth',
      node: nodes.map((node) => encodeNode(node, rename, graph)),
      initializer: [...graph.constants].map(([name, tensor]) => encodeTensor(name, tensor, external)),
      input: graph.inputs.map((input) => encodeValueInfo(input, input.name)),
      output: Object.entries(graph.outputs).map(([name, value]) => encodeValueInfo(value, name)),
      valueInfo: innerValues(graph)
        .filter(({ name, shape }) => (shape[0] ?? 0) < 0 && !rename.has(name))
        .map((value) => encodeValueInfo(value, value.name)),
    },
  });
}

/** A value becomes its public name if a node makes it and no other output claimed it; else an Identity carries it there. */
function withNamedOutputs(graph: Graph): { nodes: Node[]; rename: Map<string, string> } {
  const made = new Set(graph.nodes.flatMap((node) => node.outputs.map((output) => output.name)));
  const rename = new Map<string, string>();
  const nodes = [...graph.nodes];
  for (const [name, value] of Object.entries(graph.outputs)) {
    if (made.has(value.name) && !rename.has(value.name)) rename.set(value.name, name);
    else nodes.push({ op: 'Identity', inputs: [value], outputs: [{ ...value, name }], attributes: {} });
  }
  return { nodes, rename };
}

function encodeNode(node: Node, rename: ReadonlyMap<string, string>, graph: Graph) {
  const named = (name: string) => rename.get(name) ?? name;
  const read = readNames(graph);
  const outputs = node.outputs.map((output, index) =>
    index === 0 || read.has(output.name) || node.op === 'Split' ? named(output.name) : '',
  );
  while (outputs.at(-1) === '') outputs.pop();
  return {
    opType: node.op,
    domain: node.domain,
    name: node.outputs[0]?.name,
    input: node.inputs.map((input) => (input ? named(input.name) : '')),
    output: outputs,
    attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
  };
}

/** What nodes make and others read. */
function innerValues(graph: Graph): Value[] {
  const read = readNames(graph);
  return graph.nodes.flatMap(({ outputs }) => outputs).filter(({ name }) => read.has(name));
}

const readCache = new WeakMap<Graph, Set<string>>();

/** Names that some node or output of the graph reads. */
function readNames(graph: Graph): Set<string> {
  const known = readCache.get(graph);
  if (known) return known;
  const names = new Set(Object.values(graph.outputs).map((value) => value.name));
  for (const node of graph.nodes) for (const input of node.inputs) if (input) names.add(input.name);
  readCache.set(graph, names);
  return names;
}

function encodeAttribute(name: string, value: Attribute) {
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPE.STRING };
  if (typeof value !== 'number') return { name, ints: [...value], type: ATTRIBUTE_TYPE.INTS };
  return FLOAT_ATTRIBUTES.has(name)
    ? { name, f: value, type: ATTRIBUTE_TYPE.FLOAT }
    : { name, i: value, type: ATTRIBUTE_TYPE.INT };
}

function encodeTensor(name: string, tensor: Tensor, external: ExternalWriter) {
  const { buffer, byteOffset, byteLength } = tensor.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const head = { name, dims: [...tensor.shape], dataType: DATA_TYPES[tensor.dtype] };
  const place = external(bytes);
  if (!place) return { ...head, rawData: bytes };
  const externalData = Object.entries({ ...place, length: bytes.byteLength }).map(([key, value]) => ({
    key,
    value: String(value),
  }));
  return { ...head, dataLocation: 1, externalData };
}

/** A negative extent is left open; of two that are below −1 and the same it is known that they are. */
function encodeValueInfo(value: Value, name: string) {
  const dim = value.shape.map((extent) => {
    if (extent >= 0) return { dimValue: extent };
    return extent < -1 ? { dimParam: `open${-extent}` } : {};
  });
  const shape = { dim };
  return { name, type: { tensorType: { elemType: DATA_TYPES[value.dtype], shape } } };
}

/** Reads back what {@link encodeModel} wrote with its constants embedded. Throws RangeError on anything else. */
export function decodeModel(bytes: Uint8Array): Graph {
  const { graph } = decodeModelProto(bytes);
  if (!graph) throw new RangeError('the model has no graph');
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, decodeTensor(tensor)]));
  const inputs = graph.input.map(decodeValueInfo);
  const outputs = graph.output.map(decodeValueInfo);
  const known = new Map<string, Value>([...inputs, ...outputs].map((value) => [value.name, value]));
  for (const [name, { shape, dtype }] of constants) known.set(name, { name, shape, dtype });
  // Shapes of inner values are not stored: whoever needs them infers them again from the operators.
  const value = (name: string): Value => known.get(name) ?? { name, shape: [], dtype: 'float32' };
  const nodes = graph.node.map((node) => ({
    op: node.opType,
    inputs: node.input.map((name) => (name === '' ? null : value(name))),
    outputs: node.output.map(value),
    attributes: Object.fromEntries(
      node.attribute.map((attribute) => [attribute.name, decodeAttribute(attribute)]),
    ) as Attributes,
  }));
  return { inputs, outputs: Object.fromEntries(outputs.map((output) => [output.name, output])), nodes, constants };
}

function dtypeOf(dataType: number): DType {
  const found = (Object.keys(DATA_TYPES) as DType[]).find((dtype) => DATA_TYPES[dtype] === dataType);
  if (!found)
    throw new RangeError(
      `ONNX element type ${dataType} is not supported; supported: ${Object.keys(DATA_TYPES).join(', ')}`,
    );
  return found;
}

function decodeValueInfo({ name, type }: ValueInfoProto): Value {
  const { elemType = 0, shape = null } = type?.tensorType ?? {};
  return { name, dtype: dtypeOf(elemType), shape: (shape?.dim ?? []).map(({ dimValue }) => dimValue) };
}

function decodeAttribute(attribute: AttributeProto): Attribute {
  if (attribute.type === ATTRIBUTE_TYPE.FLOAT) return attribute.f;
  if (attribute.type === ATTRIBUTE_TYPE.INT) return attribute.i;
  if (attribute.type === ATTRIBUTE_TYPE.STRING) return new TextDecoder().decode(attribute.s);
  return attribute.ints;
}

function decodeTensor({ name, dims, dataType, rawData }: TensorProto): Tensor {
  const dtype = dtypeOf(dataType);
  const width = { float32: 4, float16: 2, int32: 4, int64: 8, bool: 1 }[dtype];
  if (rawData.length !== sizeOf(dims) * width)
    throw new RangeError(`tensor ${name} [${dims}]: ${rawData.length} bytes of data`);
  const { buffer } = new Uint8Array(rawData);
  const data = {
    float32: Float32Array,
    float16: Uint16Array,
    int32: Int32Array,
    int64: BigInt64Array,
    bool: Uint8Array,
  }[dtype];
  return { dtype, shape: dims, data: new data(buffer) };
}
