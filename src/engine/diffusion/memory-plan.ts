import { checkpointed } from '../autodiff/checkpoint.js';
import type { Graph } from '../graph/graph.js';
import { multiplyAdds } from '../graph/multiply-adds.js';
import { applies } from '../passes.js';
import { activationBytes } from '../runtime/footprint.js';

/** How many segments are tried. */
const SEGMENTS = [2, 3, 4, 6, 8, 12, 16, 24, 32];

/**
 * The graph of a VJP as it is best run where its activations may take `budgetBytes`: as it is if they fit, else with the
 * checkpoints that compute least again; where nothing fits, with those that take least. `cotangents` as in {@link checkpointed}.
 */
export function withinBudget(graph: Graph, cotangents: readonly string[], budgetBytes: number): Graph {
  if (!applies('step-checkpoints') || activationBytes(graph) <= budgetBytes) return graph;
  const candidates = SEGMENTS.map((segments) => checkpointed(graph, cotangents, segments)).map((candidate) => ({
    candidate,
    bytes: activationBytes(candidate),
    work: multiplyAdds(candidate),
  }));
  const fitting = candidates.filter(({ bytes }) => bytes <= budgetBytes).sort((a, b) => a.work - b.work);
  const leanest = candidates.sort((a, b) => a.bytes - b.bytes);
  return (fitting[0] ?? leanest[0])?.candidate ?? graph;
}
