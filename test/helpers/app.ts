import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { ApiClient } from './client.js';

/** The event types of `trainingProgress`, with the fields that tests look at. */
export interface TrainingEvent {
  readonly __typename: string;
  readonly seq: number;
  readonly status?: string;
  readonly step?: number;
  readonly stepIndex?: number;
}

export interface EditResult {
  readonly id: string;
  readonly frames: number;
  readonly result: Buffer;
  readonly original: Buffer;
  /** Version and SHA-256 of the parameters of each direction applied. */
  readonly versions: readonly number[];
  readonly parameters: readonly string[];
}

const TRAINING = `subscription ($id: ID!, $after: Int) {
  trainingProgress(discoveryId: $id, after: $after) {
    __typename
    ... on RunEvent { seq }
    ... on StatusChanged { status error { code message } }
    ... on TrainingStep { step }
    ... on TrainingPreview { step stepIndex original { url } shifted { url } }
    ... on CheckpointSaved { step }
    ... on ScorecardUpdated { step }
  }
}`;

const EDIT = `subscription ($id: ID!) {
  editProgress(editId: $id) {
    __typename
    ... on StatusChanged { status error { code message } }
    ... on EditFrame { stepIndex }
    ... on EditFinished { result { url } original { url } }
  }
}`;

/** A creative app: the operations that it would send, over real sockets. */
export class App {
  readonly api: ApiClient;

  constructor(readonly url: string) {
    this.api = new ApiClient(url);
  }

  async readyModel(): Promise<string> {
    const { models } = await this.api.query<{ models: { edges: { node: { id: string; status: string } }[] } }>(
      '{ models(first: 1) { edges { node { id status } } } }',
    );
    const model = models.edges[0]?.node;
    if (model?.status !== 'READY') throw new Error(`the shipped model is ${model?.status}`);
    return model.id;
  }

  /** Imports a folder; resolves to the model's id once it is READY. */
  async importModel(path: string): Promise<string> {
    const mutation = 'mutation ($input: ImportModelInput!) { importModel(input: $input) { id } }';
    const { importModel } = await this.api.query<{ importModel: { id: string } }>(mutation, { input: { path } });
    const query = 'query ($id: ID!) { model(id: $id) { status } }';
    for (;;) {
      const { model } = await this.api.query<{ model: { status: string } }>(query, importModel);
      if (model.status === 'READY') return importModel.id;
      if (model.status === 'FAILED') throw new Error(`${path}: the import failed`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async startDiscovery(input: Record<string, unknown>): Promise<string> {
    const mutation = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
    return (await this.api.query<{ startDiscovery: { id: string } }>(mutation, { input })).startDiscovery.id;
  }

  /** Follows a discovery until `enough`, then drops the socket as a lost network does; or to its end. */
  async follow(
    id: string,
    after: number,
    enough: (events: readonly TrainingEvent[]) => boolean = () => false,
  ): Promise<TrainingEvent[]> {
    const events: TrainingEvent[] = [];
    let raw: WebSocket | null = null;
    const client: Client = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      on: {
        connected: (socket) => {
          raw = socket as WebSocket;
        },
      },
    });
    try {
      const results = client.iterate<{ trainingProgress: TrainingEvent }>({
        query: TRAINING,
        variables: { id, after },
      });
      for await (const { data, errors } of results) {
        if (errors) throw new Error(errors.map(({ message }) => message).join());
        if (data) events.push(data.trainingProgress);
        if (enough(events)) break;
      }
    } finally {
      (raw as WebSocket | null)?.terminate();
      await client.dispose();
    }
    return events;
  }

  async directionIds(discoveryId: string): Promise<string[]> {
    const query = 'query ($id: ID!) { discovery(id: $id) { directions(first: 200) { edges { node { id } } } } }';
    type Page = { discovery: { directions: { edges: { node: { id: string } }[] } } };
    const { discovery } = await this.api.query<Page>(query, { id: discoveryId });
    return discovery.directions.edges.map(({ node }) => node.id);
  }

  async edit(input: Record<string, unknown>): Promise<EditResult> {
    const mutation = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';
    return this.finished((await this.api.query<{ applyEdit: { id: string } }>(mutation, { input })).applyEdit.id);
  }

  /** Follows an edit to its end. */
  async finished(id: string): Promise<EditResult> {
    const client = this.api.socket();
    let frames = 0;
    let urls: { result: string; original: string } | null = null;
    type Event = {
      editProgress: {
        __typename: string;
        error?: { message: string };
        result?: { url: string };
        original?: { url: string };
      };
    };
    for await (const { data } of client.iterate<Event>({ query: EDIT, variables: { id } })) {
      const event = data?.editProgress;
      if (event?.error) throw new Error(event.error.message);
      if (event?.__typename === 'EditFrame') frames += 1;
      if (event?.result && event.original) urls = { result: event.result.url, original: event.original.url };
    }
    await client.dispose();
    if (!urls) throw new Error('the edit gave no result');
    const query = `query ($id: ID!) { edit(id: $id) {
      shifts { directionVersion } provenance { shifts { parametersHash } } } }`;
    type Facts = {
      edit: {
        shifts: { directionVersion: number }[];
        provenance: { shifts: { parametersHash: string }[] };
      };
    };
    const { shifts, provenance } = (await this.api.query<Facts>(query, { id })).edit;
    return {
      id,
      frames,
      result: await this.image(urls.result),
      original: await this.image(urls.original),
      versions: shifts.map(({ directionVersion }) => directionVersion),
      parameters: provenance.shifts.map(({ parametersHash }) => parametersHash),
    };
  }

  async image(path: string): Promise<Buffer> {
    const response = await fetch(new URL(path, this.url));
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }
}
