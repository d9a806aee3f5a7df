/**
 * Immediate dominators in an acyclic graph: the last value through which every path from `root` passes. `order` is
 * topological and starts with `root`; values that `root` does not reach are left out. (Cooper, Harvey and Kennedy, A Simple,
 * Fast Dominance Algorithm; one pass suffices without cycles.)
 */
export function dominators(
  root: string,
  order: readonly string[],
  predecessors: (name: string) => readonly string[],
): ReadonlyMap<string, string> {
  const parents = new Map([[root, root]]);
  const depths = new Map([[root, 0]]);
  const depth = (name: string) => depths.get(name) ?? 0;
  const common = (a: string, b: string) => {
    let [left, right] = [a, b];
    while (left !== right) {
      if (depth(left) >= depth(right)) left = parents.get(left) ?? root;
      else right = parents.get(right) ?? root;
    }
    return left;
  };
  for (const name of order) {
    if (name === root) continue;
    const reached = predecessors(name).filter((other) => parents.has(other));
    const [first, ...more] = reached;
    if (first === undefined) continue;
    const parent = more.reduce(common, first);
    parents.set(name, parent);
    depths.set(name, depth(parent) + 1);
  }
  return parents;
}

/** Every value that all paths from the root to `name` pass, the root first, `name` last; empty where it is not reached. */
export function dominatorChain(parents: ReadonlyMap<string, string>, name: string): string[] {
  const chain: string[] = [];
  let at = parents.has(name) ? name : null;
  while (at !== null) {
    chain.push(at);
    const parent: string = parents.get(at) ?? at;
    at = parent === at ? null : parent;
  }
  return chain.reverse();
}
