/** Messages of the load test: `seq` counts them, and `loss` carries the time at which the event was appended, in ms. */

export const SUBSCRIPTION = `subscription Load($id: ID!, $after: Int) {
  trainingProgress(discoveryId: $id, after: $after) {
    __typename
    ... on RunEvent { seq at }
    ... on StatusChanged { status error { code message } }
    ... on TrainingStep { step totalSteps loss classificationLoss strengthLoss accuracy secondsPerStep peakMemoryBytes }
  }
}`;

export function seqOf(text: string): number {
  return Number(/"seq":(\d+)/.exec(text)?.[1]);
}

export function sentAtOf(text: string): number {
  return Number(/"loss":(\d+)/.exec(text)?.[1]);
}

/** The same message with another number and time. */
export function numbered(sample: string, seq: number, sentAt: number): string {
  return sample.replace(/"seq":\d+/, `"seq":${seq}`).replace(/"loss":\d+/, `"loss":${sentAt}`);
}
