import type { Storage } from '../storage/types.js';

export interface Readiness {
  readonly ready: boolean;
  /** What is not there yet, in words; empty when ready. */
  readonly missing: readonly string[];
}

/** Whether work sent now would be done: the database answers, a worker is alive, the shipped model is READY. */
export async function readiness(storage: Storage, shippedModel: string, going: AbortSignal): Promise<Readiness> {
  if (going.aborted) return { ready: false, missing: ['server: it is being stopped'] };
  const missing = await storage.status.ping().then(
    () => missingParts(storage, shippedModel),
    () => ['database: it does not answer'],
  );
  return { ready: missing.length === 0, missing };
}

async function missingParts(storage: Storage, shippedModel: string): Promise<string[]> {
  const [{ workers }, model] = await Promise.all([storage.status.server(), storage.models.bySource(shippedModel)]);
  return [
    ...(workers > 0 ? [] : ['worker: none has shown a sign of life in the last 10 s']),
    ...(model?.status === 'READY' ? [] : [`model: the shipped one is ${model?.status ?? 'not imported yet'}`]),
  ];
}
