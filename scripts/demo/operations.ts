/** The operations of the demo, as an application would write them. */

export const MODEL = `query { models(first: 50) { edges { node { id name status } } } }`;

export const START = `mutation ($input: StartDiscoveryInput!) {
  startDiscovery(input: $input) { id totalSteps }
}`;

export const PROGRESS = `subscription ($id: ID!, $after: Int) {
  trainingProgress(discoveryId: $id, after: $after) {
    __typename
    ... on StatusChanged { seq status error { code message } }
    ... on TrainingStep { seq step totalSteps loss accuracy secondsPerStep peakMemoryBytes }
    ... on TrainingPreview { seq step }
    ... on CheckpointSaved { seq step }
    ... on ScorecardUpdated { seq step }
  }
}`;

export const DIRECTIONS = `query ($id: ID!) {
  discovery(id: $id) {
    status device secondsPerStep peakMemoryBytes startedAt finishedAt
    directions(first: 200, orderBy: SCORE) { edges { node { id index name accuracy strengthError effectSize } } }
  }
}`;

export const APPLY = `mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }`;

export const EDIT_PROGRESS = `subscription ($id: ID!) {
  editProgress(editId: $id) {
    __typename
    ... on StatusChanged { status error { code message } }
    ... on EditFrame { stepIndex timestep image { url } }
    ... on EditFinished { result { url } original { url } }
  }
}`;

export type TrainingEvent = { readonly seq: number } & (
  | { readonly __typename: 'StatusChanged'; readonly status: string; readonly error: { message: string } | null }
  | {
      readonly __typename: 'TrainingStep';
      readonly step: number;
      readonly totalSteps: number;
      readonly loss: number;
      readonly accuracy: number;
      readonly secondsPerStep: number;
      readonly peakMemoryBytes: number;
    }
  | { readonly __typename: 'TrainingPreview' | 'CheckpointSaved' | 'ScorecardUpdated'; readonly step: number }
);

export interface Direction {
  readonly id: string;
  readonly index: number;
  readonly name: string;
  readonly accuracy: number | null;
  readonly strengthError: number | null;
  readonly effectSize: number | null;
}

export type EditEvent =
  | { readonly __typename: 'StatusChanged'; readonly status: string; readonly error: { message: string } | null }
  | { readonly __typename: 'EditFrame'; readonly stepIndex: number; readonly image: { readonly url: string } }
  | { readonly __typename: 'EditFinished'; readonly result: { readonly url: string } };
