import { setTimeout } from 'node:timers/promises';
import type { EngineErrorCode } from '../engine/index.js';
import type { Queue, QueueName } from './queue.js';

const POLL_MS = 100;
const LIMIT_MS = 120_000;

/** What a worker answers: its errors cross the queue as data. */
export type Answer<Value> =
  | { readonly value: Value }
  | { readonly error: { readonly code: EngineErrorCode; readonly message: string } };

/** A worker's refusal, with the API's code. */
class WorkerRefusal extends Error {
  override readonly name = 'WorkerRefusal';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Asks a worker through a queue; throws its error, or INTERNAL_SERVER_ERROR where no answer comes in two minutes. */
export async function ask<Value>({ boss }: Queue, queue: QueueName, request: object): Promise<Value> {
  const id = (await boss.send(queue, request)) ?? '';
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline) {
    const [job] = await boss.findJobs(queue, { id });
    if (job?.state === 'completed') return unwrap(job.output as Answer<Value>);
    if (job?.state === 'failed') break;
    await setTimeout(POLL_MS);
  }
  await boss.cancel(queue, id);
  throw new WorkerRefusal('INTERNAL_SERVER_ERROR', `No worker answered (${queue}).`);
}

function unwrap<Value>(answer: Answer<Value>): Value {
  if ('value' in answer) return answer.value;
  throw new WorkerRefusal(answer.error.code, answer.error.message);
}
