import { AccessError } from '../access/errors.js';
import { EngineError } from '../engine/index.js';
import type { Answer } from './ask.js';

/**
 * What a worker does with a question: its result, or a typed error as data. A worker that is `stopping` breaks off
 * what it computes, which answers nothing: another one is asked.
 */
export async function answer<Result>(work: () => Promise<Result>, stopping: AbortSignal): Promise<Answer<Result>> {
  try {
    return { result: await work() };
  } catch (error) {
    if ((error instanceof EngineError || error instanceof AccessError) && !stopping.aborted)
      return { error: { code: error.code, message: error.message } };
    throw error;
  }
}
