import { EngineError } from '../engine/index.js';
import type { Answer } from './ask.js';

/** A worker's answer, its typed errors included. */
export async function answer<Value>(work: () => Promise<Value>): Promise<Answer<Value>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof EngineError) return { error: { code: error.code, message: error.message } };
    throw error;
  }
}
