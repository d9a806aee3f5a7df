import { setTimeout } from 'node:timers/promises';
import type { AccessError } from '../access/errors.js';
import type { EngineErrorCode } from '../engine/index.js';
import type { Queue, QueueName } from './queue.js';

const POLL_MS = 100;
/** How long somebody waits for an answer. */
export const ASK_LIMIT_MS = 120_000;

export type AskErrorCode = EngineErrorCode | AccessError['code'] | 'LIMIT_EXCEEDED';

/** What a worker answers: engine errors cross the queue as data. */
export type Answer<Result> =
  | { readonly result: Result }
  | { readonly error: { readonly code: AskErrorCode; readonly message: string } };

/** A worker's refusal, with the API's code. */
class AskError extends Error {
  override readonly name = 'AskError';

  constructor(
    readonly code: AskErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Asks a worker; throws its error, or LIMIT_EXCEEDED where no answer comes in two minutes. */
export async function ask<Result>(
  { boss }: Queue,
  queue: QueueName,
  request: object,
  limitMs = ASK_LIMIT_MS,
): Promise<Result> {
  const id = (await boss.send(queue, request)) ?? '';
  const deadline = Date.now() + limitMs;
  let state = '';
  while (Date.now() < deadline) {
    const [job] = await boss.findJobs(queue, { id });
    state = job?.state ?? '';
    if (state === 'completed') return unwrap(job?.output as Answer<Result>);
    if (state === 'failed') throw new AskError('INTERNAL_SERVER_ERROR', `The worker failed at this ${queue} request.`);
    await setTimeout(POLL_MS);
  }
  await boss.cancel(queue, id);
  const why =
    state === 'active'
      ? 'it takes longer for a model of this size on this device'
      : 'no worker has come to it; see server { workers }, and what runs';
  throw new AskError('LIMIT_EXCEEDED', `No answer came within ${limitMs / 1000} s: ${why}. Try again later.`);
}

function unwrap<Result>(answer: Answer<Result>): Result {
  if ('result' in answer) return answer.result;
  throw new AskError(answer.error.code, answer.error.message);
}
