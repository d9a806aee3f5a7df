import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { EngineError } from '../../errors.js';
import {
  decodeModelProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from '../../graph/onnx-messages.js';
import { ExternalData, isExternal } from './external-data.js';
import { elementType, fromProto, type HostTensor } from './host-tensor.js';
import { NodeAttributes } from './node-attributes.js';

/** One operator application as the file has it; `''` where an optional input or output is left out. */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: NodeAttributes;
  /** The module it comes from, innermost last, where the exporter says so. */
  readonly scope: string | null;
}

export interface OnnxInput {
  readonly name: string;
  readonly isFloat: boolean;
  /** `null` where the extent is open. */
  readonly shape: readonly (number | null)[];
}

/** A model file with all its weights in memory. */
export interface OnnxFile {
  /** What messages call it. */
  readonly where: string;
  readonly producer: string;
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, HostTensor>;
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly string[];
  readonly files: readonly { path: string; bytes: number }[];
  /** SHA-256 of the file and of the values it keeps elsewhere. */
  readonly digest: Uint8Array;
}

/** A protobuf message has at most 2 GiB. */
const MAX_FILE_BYTES = 2 ** 31 - 1;
const [MIN_OPSET, MAX_OPSET] = [13, 23];

/** The error of one node: says which, of which operator, and why. */
export function nodeError(
  where: string,
  { name, op, outputs }: Pick<OnnxNode, 'name' | 'op' | 'outputs'>,
  cause: unknown,
): EngineError {
  if (cause instanceof EngineError) return cause;
  const reason = (cause as Error).message;
  return new EngineError('MODEL_INVALID', `${where}: node ${name || outputs[0]} (${op}): ${reason}.`, { cause });
}

/** Reads a model file and its external data. Throws MODEL_INVALID that says which part of the file is wrong, and how. */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  const where = basename(path);
  const bytes = await readBytes(path, where);
  const model = parse(bytes, where);
  const { graph } = model;
  if (!graph || graph.node.length === 0)
    throw new EngineError('MODEL_INVALID', `${where}: expected an ONNX model, found no graph in it.`);
  const hash = createHash('sha256').update(bytes);
  const { initializers, files } = await readInitializers(path, where, graph, hash);
  return {
    where,
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    opset: opsetOf(model, where),
    nodes: readNodes(graph, where),
    initializers,
    inputs: graph.input.filter(({ name }) => !initializers.has(name)).map((input) => readInput(input, where)),
    outputs: graph.output.map(({ name }) => name),
    files: [{ path, bytes: bytes.length }, ...files],
    digest: hash.digest(),
  };
}

async function readBytes(path: string, where: string): Promise<Uint8Array> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new EngineError('MODEL_INVALID', `${path}: expected an ONNX file, found none.`, { cause });
  });
  if (!found.isFile() || found.size > MAX_FILE_BYTES)
    throw new EngineError('MODEL_INVALID', `${where}: expected a file of at most ${MAX_FILE_BYTES} bytes.`);
  return readFile(path);
}

function parse(bytes: Uint8Array, where: string): ModelProto {
  try {
    return decodeModelProto(bytes);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new EngineError('MODEL_INVALID', `${where}: not an ONNX file, or a truncated one (${reason}).`, { cause });
  }
}

function opsetOf({ opsetImport }: ModelProto, where: string): number {
  const found = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (found >= MIN_OPSET && found <= MAX_OPSET) return found;
  throw new EngineError(
    'MODEL_INVALID',
    `${where}: opset: expected ${MIN_OPSET} to ${MAX_OPSET}, got ${found}; export it again with opset_version=18.`,
  );
}

async function readInitializers(path: string, where: string, graph: GraphProto, hash: ReturnType<typeof createHash>) {
  const initializers = new Map<string, HostTensor>();
  const external = await ExternalData.beside(path);
  try {
    for (const proto of graph.initializer) {
      const tensor = isExternal(proto) ? await external.read(proto) : fromProto(proto);
      if (isExternal(proto)) hash.update(new Uint8Array(tensor.data.buffer));
      initializers.set(proto.name, tensor);
    }
    return { initializers, files: external.files };
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const name = graph.initializer[initializers.size]?.name ?? '';
    throw new EngineError('MODEL_INVALID', `${where}: weight ${name}: ${(cause as Error).message}.`, { cause });
  } finally {
    await external.close();
  }
}

function readNodes(graph: GraphProto, where: string): OnnxNode[] {
  const made = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  return graph.node.map((proto) => {
    const node = readNode(proto, where);
    const missing = node.inputs.find((input) => input !== '' && !made.has(input));
    if (missing !== undefined) {
      const reason = `reads ${missing}, which no earlier node makes (a cycle, or a part is missing)`;
      throw nodeError(where, node, new RangeError(reason));
    }
    for (const output of node.outputs) {
      if (output === '') continue;
      if (made.has(output)) throw nodeError(where, node, new RangeError(`makes ${output}, which exists already`));
      made.add(output);
    }
    return node;
  });
}

function readNode(proto: NodeProto, where: string): OnnxNode {
  const { opType, domain, name, attribute, metadataProps } = proto;
  const scopes = metadataProps.find(({ key }) => key === 'pkg.torch.onnx.name_scopes')?.value;
  const op = domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
  const inputs = [...proto.input];
  const outputs = [...proto.output];
  try {
    const attributes = new NodeAttributes(attribute);
    return { op, name, inputs, outputs, attributes, scope: scopes ? modulePath(scopes) : null };
  } catch (cause) {
    throw nodeError(where, { op, name, outputs }, cause);
  }
}

/** The innermost module that the list `['', 'mid_block', 'mid_block.resnets.1', 'add_22']` names. */
function modulePath(scopes: string): string | null {
  const names = [...scopes.matchAll(/'([^']*)'/g)].map(([, name]) => name ?? '');
  return names.at(-2) || null;
}

function readInput({ name, type }: ValueInfoProto, where: string): OnnxInput {
  const tensor = type?.tensorType;
  if (!tensor?.shape)
    throw new EngineError('MODEL_INVALID', `${where}: input ${name}: expected a tensor with a shape.`);
  const shape = tensor.shape.dim.map(({ dimValue }) => (dimValue > 0 ? dimValue : null));
  try {
    return { name, isFloat: elementType(tensor.elemType).kind.startsWith('float'), shape };
  } catch (cause) {
    throw new EngineError('MODEL_INVALID', `${where}: input ${name}: ${(cause as Error).message}.`, { cause });
  }
}
