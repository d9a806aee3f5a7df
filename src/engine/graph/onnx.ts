import protobuf from 'protobufjs';
import type { Attribute, Attributes, Graph, Node, Value } from './graph.js';
import type { DType, Tensor } from './tensor.js';
import { sizeOf } from './tensor.js';

/** The opset and IR version that Azimuth writes. */
export const OPSET = 18;
const IR_VERSION = 8;

/** ONNX TensorProto.DataType. */
const DATA_TYPES: Readonly<Record<DType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };
/** ONNX AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { FLOAT: 1, INT: 2, STRING: 3, FLOATS: 6, INTS: 7 };
/** Attributes that ONNX declares as float; every other number is an int. */
const FLOAT_ATTRIBUTES = new Set(['epsilon', 'alpha', 'beta', 'value_float']);

const f = (type: string, id: number, rule?: 'repeated') => (rule ? { type, id, rule } : { type, id });

/** The messages of onnx.proto (ONNX 1.18) that Azimuth writes and reads, field for field. */
const messages = protobuf.Root.fromJSON({
  nested: {
    StringStringEntryProto: { fields: { key: f('string', 1), value: f('string', 2) } },
    OperatorSetIdProto: { fields: { domain: f('string', 1), version: f('int64', 2) } },
    Dimension: { fields: { dimValue: f('int64', 1), dimParam: f('string', 2) } },
    TensorShapeProto: { fields: { dim: f('Dimension', 1, 'repeated') } },
    TensorTypeProto: { fields: { elemType: f('int32', 1), shape: f('TensorShapeProto', 2) } },
    TypeProto: { fields: { tensorType: f('TensorTypeProto', 1) } },
    ValueInfoProto: { fields: { name: f('string', 1), type: f('TypeProto', 2) } },
    TensorProto: {
      fields: {
        dims: f('int64', 1, 'repeated'),
        dataType: f('int32', 2),
        floatData: f('float', 4, 'repeated'),
        int32Data: f('int32', 5, 'repeated'),
        int64Data: f('int64', 7, 'repeated'),
        name: f('string', 8),
        rawData: f('bytes', 9),
        externalData: f('StringStringEntryProto', 13, 'repeated'),
        dataLocation: f('int32', 14),
      },
    },
    AttributeProto: {
      fields: {
        name: f('string', 1),
        f: f('float', 2),
        i: f('int64', 3),
        s: f('bytes', 4),
        t: f('TensorProto', 5),
        floats: f('float', 7, 'repeated'),
        ints: f('int64', 8, 'repeated'),
        type: f('int32', 20),
      },
    },
    NodeProto: {
      fields: {
        input: f('string', 1, 'repeated'),
        output: f('string', 2, 'repeated'),
        name: f('string', 3),
        opType: f('string', 4),
        attribute: f('AttributeProto', 5, 'repeated'),
        domain: f('string', 7),
      },
    },
    GraphProto: {
      fields: {
        node: f('NodeProto', 1, 'repeated'),
        name: f('string', 2),
        initializer: f('TensorProto', 5, 'repeated'),
        input: f('ValueInfoProto', 11, 'repeated'),
        output: f('ValueInfoProto', 12, 'repeated'),
      },
    },
    ModelProto: {
      fields: {
        irVersion: f('int64', 1),
        producerName: f('string', 2),
        graph: f('GraphProto', 7),
        opsetImport: f('OperatorSetIdProto', 8, 'repeated'),
      },
    },
  },
});

/** Receives a large constant and says where it was put: ONNX's external data. */
export type ExternalWriter = (bytes: Uint8Array) => { location: string; offset: number } | null;

/**
 * Serialises a graph as an ONNX model. Outputs get their public names; a constant that `external` takes is referred to by
 * place, the others are embedded.
 */
export function encodeModel(graph: Graph, external: ExternalWriter = () => null): Uint8Array {
  const { nodes, rename } = withNamedOutputs(graph);
  const type = messages.lookupType('ModelProto');
  const model = type.create({
    irVersion: IR_VERSION,
    producerName: 'azimuth',
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: 'azimuth',
      node: nodes.map((node) => encodeNode(node, rename, graph)),
      initializer: [...graph.constants].map(([name, tensor]) => encodeTensor(name, tensor, external)),
      input: graph.inputs.map((input) => encodeValueInfo(input, input.name)),
      output: Object.entries(graph.outputs).map(([name, value]) => encodeValueInfo(value, name)),
    },
  });
  return type.encode(model).finish();
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
    name: node.outputs[0]?.name,
    input: node.inputs.map((input) => (input ? named(input.name) : '')),
    output: outputs,
    attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
  };
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
  const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  const head = { name, dims: [...tensor.shape], dataType: DATA_TYPES[tensor.dtype] };
  const place = external(bytes);
  if (!place) return { ...head, rawData: bytes };
  const externalData = Object.entries({ ...place, length: bytes.byteLength }).map(([key, value]) => ({
    key,
    value: String(value),
  }));
  return { ...head, dataLocation: 1, externalData };
}

function encodeValueInfo(value: Value, name: string) {
  const shape = { dim: value.shape.map((extent) => ({ dimValue: extent })) };
  return { name, type: { tensorType: { elemType: DATA_TYPES[value.dtype], shape } } };
}

/** Reads back what {@link encodeModel} wrote with its constants embedded. Throws RangeError on anything else. */
export function decodeModel(bytes: Uint8Array): Graph {
  const type = messages.lookupType('ModelProto');
  const model = type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as DecodedModel;
  const constants = new Map(model.graph.initializer.map((tensor) => [tensor.name, decodeTensor(tensor)]));
  const inputs = model.graph.input.map(decodeValueInfo);
  const outputs = model.graph.output.map(decodeValueInfo);
  const known = new Map<string, Value>([...inputs, ...outputs].map((value) => [value.name, value]));
  for (const [name, { shape, dtype }] of constants) known.set(name, { name, shape, dtype });
  // Shapes of inner values are not stored: whoever needs them infers them again from the operators.
  const value = (name: string): Value => known.get(name) ?? { name, shape: [], dtype: 'float32' };
  const nodes = model.graph.node.map((node) => ({
    op: node.opType,
    inputs: node.input.map((name) => (name === '' ? null : value(name))),
    outputs: node.output.map(value),
    attributes: Object.fromEntries(
      node.attribute.map((attribute) => [attribute.name, decodeAttribute(attribute)]),
    ) as Attributes,
  }));
  return { inputs, outputs: Object.fromEntries(outputs.map((output) => [output.name, output])), nodes, constants };
}

interface DecodedModel {
  graph: { node: DecodedNode[]; initializer: DecodedTensor[]; input: DecodedValue[]; output: DecodedValue[] };
}
interface DecodedNode {
  opType: string;
  input: string[];
  output: string[];
  attribute: DecodedAttribute[];
}
interface DecodedAttribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  ints: number[];
}
interface DecodedTensor {
  name: string;
  dims: number[];
  dataType: number;
  rawData?: Uint8Array;
}
interface DecodedValue {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue?: number }[] } } };
}

function dtypeOf(dataType: number): DType {
  const found = (Object.keys(DATA_TYPES) as DType[]).find((dtype) => DATA_TYPES[dtype] === dataType);
  if (!found)
    throw new RangeError(
      `ONNX element type ${dataType} is not supported; supported: ${Object.keys(DATA_TYPES).join(', ')}`,
    );
  return found;
}

function decodeValueInfo({ name, type }: DecodedValue): Value {
  return {
    name,
    dtype: dtypeOf(type.tensorType.elemType),
    shape: type.tensorType.shape.dim.map((dim) => dim.dimValue ?? 0),
  };
}

function decodeAttribute(attribute: DecodedAttribute): Attribute {
  if (attribute.type === ATTRIBUTE_TYPE.FLOAT) return attribute.f ?? 0;
  if (attribute.type === ATTRIBUTE_TYPE.INT) return attribute.i ?? 0;
  if (attribute.type === ATTRIBUTE_TYPE.STRING) return new TextDecoder().decode(attribute.s);
  return attribute.ints;
}

function decodeTensor({ name, dims, dataType, rawData }: DecodedTensor): Tensor {
  const dtype = dtypeOf(dataType);
  const width = { float32: 4, int32: 4, int64: 8, bool: 1 }[dtype];
  if (rawData?.byteLength !== sizeOf(dims) * width)
    throw new RangeError(`tensor ${name} [${dims}]: ${rawData?.byteLength ?? 0} bytes of data`);
  const { buffer } = new Uint8Array(rawData);
  const data = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array }[dtype];
  return { dtype, shape: dims, data: new data(buffer) };
}
