import { EngineError } from '../../errors.js';
import type { TapFinding } from '../loaded-model.js';
import type { Dependence } from './dependence.js';
import { dominatorChain, dominators } from './dominators.js';
import type { OnnxNode } from './onnx-file.js';
import type { Survey } from './recorder.js';

type Shapes = ReadonlyMap<string, readonly number[]>;

/** A Concat along the channels of what comes from below with tensors that it was itself computed from: skips. */
interface SkipConcat {
  readonly node: OnnxNode;
  readonly skips: ReadonlySet<string>;
}

export interface TapChoice {
  readonly name: string;
  readonly taps: readonly TapFinding[];
}

/**
 * Where h is: the last tensor through which all of the decoder's input from below passes, skips and time embedding aside, before
 * the first Concat with a skip. Throws MODEL_INVALID if there is none, or `wanted` is not one of those where h could be.
 */
export function findTap(
  where: string,
  graph: Dependence,
  { shapes, recorded }: Pick<Survey, 'shapes' | 'recorded'>,
  ends: { readonly sample: string; readonly output: string },
  wanted: string | undefined,
): TapChoice {
  const order = [ends.sample, ...graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => graph.data.has(name)))];
  const concats = skipConcats(graph, shapes);
  const skipsOf = new Map(concats.map(({ node, skips }) => [node.outputs[0] ?? '', skips]));
  const below = (name: string) => {
    const inputs = graph.makers.get(name)?.inputs.filter((input) => graph.data.has(input)) ?? [];
    const skips = skipsOf.get(name);
    return skips ? inputs.filter((input) => !skips.has(input)) : inputs;
  };
  const chain = dominatorChain(dominators(ends.sample, order, below), ends.output);
  const images = chain.slice(1, -1).filter((name) => shapes.get(name)?.length === 4);
  const place = (name: string) => chain.indexOf(name);
  const deepest = bottleneck(images, shapes);
  const first = concats.find(({ node }) => place(node.outputs[0] ?? '') > place(deepest[0] ?? ''));
  const [begin, end] = first
    ? [Math.max(...[...first.skips].map(place)), place(first.node.outputs[0] ?? '')]
    : [-1, chain.length];
  const between = deepest.filter((name) => place(name) > begin && place(name) < end);
  const found = first ? between.at(-1) : undefined;
  const name = wanted === undefined ? found : images.find((image) => image === wanted);
  if (name === undefined) throw noTap(where, wanted, between);
  const taps = [...new Set([...between, name])].map((tap) => {
    const scope = graph.makers.get(tap)?.scope;
    const same = tap !== found && recorded.get(tap) === recorded.get(found ?? '');
    const why = tap === found ? LAST : same ? EQUAL : EARLIER;
    const shape = (shapes.get(tap) ?? []).slice(1);
    return { name: tap, shape, chosen: tap === name, why: scope ? `${why}; module ${scope}` : why };
  });
  return { name, taps };
}

const LAST = 'the last tensor that all input from below passes before the first Concat with a skip';
const EQUAL = 'the same tensor as the last one before the first Concat with a skip';
const EARLIER = 'all input from below passes it too, before that';

function area(name: string, shapes: Shapes): number {
  return (shapes.get(name) ?? []).slice(2).reduce((product, extent) => product * extent, 1);
}

/** The images of least extent on the way, in order. */
function bottleneck(images: readonly string[], shapes: Shapes): string[] {
  const least = Math.min(...images.map((name) => area(name, shapes)));
  return images.filter((name) => area(name, shapes) === least);
}

function skipConcats({ nodes, data, makers }: Dependence, shapes: Shapes): SkipConcat[] {
  return nodes.flatMap((node) => {
    const inputs = [...new Set(node.inputs.filter((name) => data.has(name)))];
    const rank = shapes.get(node.outputs[0] ?? '')?.length ?? 0;
    if (node.op !== 'Concat' || inputs.length < 2 || rank !== 4 || ![1, -3].includes(node.attributes.number('axis')))
      return [];
    const skips = inputs.filter((name) =>
      inputs.some((other) => other !== name && ancestors(other, makers, data).has(name)),
    );
    return skips.length > 0 ? [{ node, skips: new Set(skips) }] : [];
  });
}

function ancestors(name: string, makers: ReadonlyMap<string, OnnxNode>, within: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const left = [name];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const input of makers.get(at)?.inputs ?? []) {
      if (!within.has(input) || found.has(input)) continue;
      found.add(input);
      left.push(input);
    }
  }
  return found;
}

function noTap(where: string, wanted: string | undefined, deepest: readonly string[]): EngineError {
  const listed = deepest.slice(-8).join(', ');
  const message =
    wanted === undefined
      ? `found no Concat with a skip behind the bottleneck, so h cannot be placed; name the tensor as hTap, for instance one of ${listed}`
      : `hTap: expected a tensor of rank 4 that all of the image passes, for instance one of ${listed}; got ${wanted}`;
  return new EngineError('MODEL_INVALID', `${where}: ${message}.`);
}
