import { MUTATIONS } from './client/operations.js';
import type { World } from './world.js';

const PATIENCE_MS = 3000;

/** A write through the front, tried once: whether it was acknowledged. It changes nothing that anybody looks at. */
export function probeOf(url: string, { directions }: World): () => Promise<boolean> {
  const id = directions.get('subspace')?.at(-1);
  const body = JSON.stringify({ query: MUTATIONS.updateDirection, variables: { input: { id, hidden: false } } });
  return async () => {
    try {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const { data } = (await answer.json()) as { data?: unknown };
      return answer.ok && Boolean(data);
    } catch {
      return false;
    }
  };
}
