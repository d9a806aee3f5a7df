import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-node';
import type { DeviceReport } from '../contract.js';
import { EngineError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { floatTensor } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import { channelBlockOf } from './blocks/probe.js';
import { withHalfPrecision } from './half-precision.js';
import { missingLibrary } from './probe.js';
import { readsSharedMemory } from './shared-memory-probe.js';

export type Precision = 'float32' | 'float16';

/** An execution provider that opens sessions here. */
export interface Device {
  readonly name: string;
  /** What the operators of a session are spread over, or the sessions of a batch. */
  readonly threads: number;
  /** What a VJP may hold of a step's activations, in bytes; beyond, it computes some of them again. */
  readonly memoryBudget: number;
  /** How many channels of an image its convolutions take together, where graphs are arranged for them; null where not. */
  readonly channelBlock: number | null;
  /** Whether its sessions read memory that threads share. */
  readonly sharesMemory: boolean;
  /** What weights and activations of the model are held in; sums and statistics are in float32 either way. */
  readonly precision: Precision;
  /** Provider-specific part of the session options. */
  readonly options: ort.InferenceSession.SessionOptions;
  readonly reports: readonly DeviceReport[];
}

const WEBGPU = { name: 'webgpu', preferredLayout: 'NCHW' } as const;

/** Best first; `auto` takes the first that opens a session. */
const PROVIDERS: readonly { name: string; provider: ort.InferenceSession.ExecutionProviderConfig; strict: boolean }[] =
  [
    { name: 'cuda', provider: 'cuda', strict: false },
    { name: 'webgpu', provider: WEBGPU, strict: true },
    { name: 'coreml', provider: 'coreml', strict: false },
    { name: 'dml', provider: 'dml', strict: false },
    { name: 'cpu', provider: 'cpu', strict: false },
  ];
export const DEVICE_NAMES: readonly string[] = ['auto', ...PROVIDERS.map(({ name }) => name)];

/** On a CPU: more cores come with more memory. Other devices have memory of their own, and no limit unless one is given. */
export const MEMORY_BUDGET_PER_THREAD = 2 ** 29;

/** Providers that take the number of a GPU, as in `cuda:1`. */
const NUMBERED: readonly string[] = ['cuda', 'dml'];

interface DeviceRequest {
  readonly name: string;
  /** Of a GPU, as the provider's driver counts; the driver's first if null. */
  readonly deviceId: number | null;
}

function parsed(request: string): DeviceRequest {
  const [name = '', number, ...rest] = request.split(':');
  const hasNumber = number !== undefined;
  const isNumber = !hasNumber || (NUMBERED.includes(name) && /^\d{1,2}$/.test(number) && rest.length === 0);
  if (DEVICE_NAMES.includes(name) && isNumber) return { name, deviceId: hasNumber ? Number(number) : null };
  throw new EngineError(
    'BAD_USER_INPUT',
    `device: expected one of ${DEVICE_NAMES.join(', ')}, or ${NUMBERED.map((one) => `${one}:N`).join(' or ')}, got ${JSON.stringify(request)}.`,
  );
}

/**
 * Opens the device asked for, or with `auto` the best one that opens a session. Every provider is reported with the
 * reason why it can or cannot be used; `threads` is what the CPU's operators are spread over. Throws BAD_USER_INPUT if `request` names none, or one that does not open.
 */
export async function openDevice(
  request = 'auto',
  threads = availableParallelism(),
  memoryBudget?: number,
  precision: Precision = 'float32',
): Promise<Device> {
  const { name: wantedName, deviceId } = parsed(request);
  const probes = [];
  for (const { name, provider: plain, strict } of PROVIDERS) {
    const provider = deviceId !== null && name === wantedName ? { name, deviceId } : plain;
    const wanted = wantedName === 'auto' || wantedName === name || name === 'cpu';
    const refusal = wanted ? await probe(name, provider) : 'not probed: another device was asked for';
    probes.push({ name, provider, strict, refusal });
  }
  const chosen = probes.find(({ name, refusal }) => refusal === null && (wantedName === 'auto' || wantedName === name));
  if (!chosen) {
    const refusal = probes.find(({ name }) => name === wantedName)?.refusal;
    throw new EngineError(
      'BAD_USER_INPUT',
      `device ${request} cannot be used here: ${refusal}. Set AZIMUTH_DEVICE=auto or cpu.`,
    );
  }
  const reports = probes.map(({ name, refusal }) => ({
    name,
    available: refusal === null,
    reason: refusal ?? 'opened a session',
    chosen: name === chosen.name,
  }));
  if (precision === 'float16') await requireHalf(chosen.name, chosen.provider, chosen.strict);
  const options = sessionOptions(chosen.provider, chosen.strict, threads);
  const budget = chosen.name === 'cpu' ? threads * MEMORY_BUDGET_PER_THREAD : Number.POSITIVE_INFINITY;
  const channelBlock = chosen.name === 'cpu' ? await channelBlockOf(options) : null;
  return {
    name: chosen.name,
    threads,
    memoryBudget: memoryBudget ?? budget,
    channelBlock,
    sharesMemory: chosen.name === 'cpu' && (await readsSharedMemory(options)),
    precision,
    options,
    reports,
  };
}

/**
 * Measured on ONNX Runtime 1.30: `layout` runs as fast as `all` and loads in half the time; memory patterns cost 30 % of
 * RSS; spinning thread pools of several sessions in one process fight each other (9 → 3.4 ms a run).
 */
function sessionOptions(
  provider: ort.InferenceSession.ExecutionProviderConfig,
  strict: boolean,
  threads: number,
): ort.InferenceSession.SessionOptions {
  const session = { force_spinning_stop: '1', ...(strict ? { disable_cpu_ep_fallback: '1' } : {}) };
  return {
    executionProviders: [provider],
    graphOptimizationLevel: 'layout',
    enableMemPattern: false,
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session },
  };
}

async function requireHalf(name: string, provider: ort.InferenceSession.ExecutionProviderConfig, strict: boolean) {
  const refusal = await failureOf(withHalfPrecision(probeGraph()), sessionOptions(provider, strict, 1));
  if (refusal === null) return;
  const advice = 'Set AZIMUTH_PRECISION=float32.';
  throw new EngineError('BAD_USER_INPUT', `device ${name} does not compute in float16: ${refusal}. ${advice}`);
}

/** `null` if the provider opens and runs a small session, else why not. */
async function probe(name: string, provider: ort.InferenceSession.ExecutionProviderConfig): Promise<string | null> {
  const backends = ort.listSupportedBackends().map((backend) => backend.name);
  if (!backends.includes(name)) return `not part of this build of ONNX Runtime (${backends.join(', ')})`;
  const missing = missingLibrary(name);
  return missing ?? failureOf(probeGraph(), sessionOptions(provider, false, 1));
}

async function failureOf(graph: Graph, options: ort.InferenceSession.SessionOptions): Promise<string | null> {
  try {
    const session = await ort.InferenceSession.create(encodeModel(graph), options);
    await session.run({ x: new ort.Tensor('float32', Float32Array.of(1), [1, 1]) });
    await session.release();
    return null;
  } catch (error) {
    return reasonIn((error as Error).message);
  }
}

/** The part of ONNX Runtime's message that says something: without its source locations, one line of it. */
function reasonIn(message: string): string {
  if (message.includes('No supported adapters')) return 'no graphics adapter was found';
  return (message.split('\n')[0] ?? '').replace(/\/\S+:\d+ [^[]*/g, '').slice(0, 200) || 'unknown error';
}

/** x → relu(2·x). */
function probeGraph(): Graph {
  const tape = new Tape();
  const twice = tape.matmul(tape.input('x', [1, 1]), tape.constant(floatTensor([1, 1], Float32Array.of(2))));
  return tape.graph({ y: tape.relu(twice) });
}
