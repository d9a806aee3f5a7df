/** Everything that the users of a chaos run send. */

export const MUTATIONS = {
  startDiscovery: 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }',
  pauseDiscovery: 'mutation ($id: ID!) { pauseDiscovery(id: $id) { id } }',
  resumeDiscovery: 'mutation ($id: ID!) { resumeDiscovery(id: $id) { id } }',
  cancelDiscovery: 'mutation ($id: ID!) { cancelDiscovery(id: $id) { id } }',
  applyEdit: 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }',
  startSweep: 'mutation ($input: StartSweepInput!) { startSweep(input: $input) { id } }',
  rerunEdit: 'mutation ($id: ID!) { rerunEdit(id: $id) { id } }',
  cancelEdit: 'mutation ($id: ID!) { cancelEdit(id: $id) { id } }',
  updateDirection: 'mutation ($input: UpdateDirectionInput!) { updateDirection(input: $input) { id } }',
  mergeDirections: 'mutation ($input: MergeDirectionsInput!) { mergeDirections(input: $input) { id } }',
} as const;
export type MutationName = keyof typeof MUTATIONS;

const STATUS = '__typename ... on RunEvent { seq at } ... on StatusChanged { status error { code message } }';

export const SUBSCRIPTIONS = {
  discovery: `subscription ($id: ID!, $after: Int) { event: trainingProgress(discoveryId: $id, after: $after, frames: ALL) {
    ${STATUS} ... on TrainingStep { step loss } ... on CheckpointSaved { step } ... on ScorecardUpdated { step }
    ... on TrainingPreview { step stepIndex original { id url } shifted { id url } } } }`,
  edit: `subscription ($id: ID!, $after: Int) { event: editProgress(editId: $id, after: $after, frames: ALL) {
    ${STATUS} ... on EditFrame { stepIndex coarse image { id url } }
    ... on EditFinished { result { id url } original { id url } } } }`,
} as const;
export type FollowedKind = keyof typeof SUBSCRIPTIONS;

export const QUERIES = {
  models: '{ models(first: 50) { edges { node { id name status } } } }',
  directions: `query ($id: ID!) { discovery(id: $id) { directions(first: 200, orderBy: INDEX) { edges { node { id } } } } }`,
  server: '{ server { version workers } }',
  discovery: `query ($id: ID!) { discovery(id: $id) { status config { method directions trainingSteps batchSize samplingSteps
    shift start seed checkpointEvery previewEvery } } }`,
  edit: `query ($id: ID!) { edit(id: $id) { status seed image { id } samplingSteps
    shifts { direction { id } strength } } }`,
  direction: `query ($id: ID!) { direction(id: $id) { name tags favourite origin
    merge { parts { weight direction { id } } } } }`,
} as const;

export interface ImageRef {
  readonly id: string;
  readonly url: string;
}

/** An event as a subscription gives it, of whatever type. */
export interface SeenEvent {
  readonly __typename: string;
  readonly seq: number;
  readonly at: string;
  readonly status?: string;
  readonly error?: { readonly code: string; readonly message: string } | null;
  readonly step?: number;
  readonly loss?: number;
  readonly stepIndex?: number;
  readonly coarse?: boolean;
  readonly original?: ImageRef | null;
  readonly shifted?: ImageRef;
  readonly image?: ImageRef;
  readonly result?: ImageRef;
}

export const imagesOf = ({ original, shifted, image, result }: SeenEvent): ImageRef[] =>
  [original, shifted, image, result].flatMap((ref) => ref ?? []);

const FINAL: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
export const isFinal = (status: string | undefined): boolean => FINAL.has(status ?? '');
