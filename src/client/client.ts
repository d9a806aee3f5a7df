import * as api from './generated.js';
import type { RequestOptions } from './options.js';
import { type Numbered, replay } from './replay.js';
import { Requests } from './requests.js';
import {
  type Direction,
  type DirectionFile,
  type Discovery,
  type DiscoveryEstimate,
  type Edit,
  type EditEvent,
  type ImportEvent,
  type MergedDirection,
  type Model,
  type Page,
  pageOf,
  type ServerInfo,
  type TrainingEvent,
} from './types.js';

/** How to follow a run. */
export interface FollowOptions extends RequestOptions {
  /** The seq of the last event known already; 0, the default, gives the whole log. */
  readonly after?: number;
}

export interface FollowFramesOptions extends FollowOptions {
  /** LATEST skips previews and frames for a client that is slower than they come; ALL is the default. */
  readonly frames?: api.FrameDelivery;
}

/**
 * One server's API: queries and mutations over HTTP, runs followed over one WebSocket. Arguments are those of the
 * schema; lists come as pages. Whatever fails is thrown as an AzimuthError.
 */
export class AzimuthClient extends Requests {
  async server(options?: RequestOptions): Promise<ServerInfo> {
    return (await this.request(api.ServerDocument, {}, options)).server;
  }

  async models(variables: api.ModelsQueryVariables = {}, options?: RequestOptions): Promise<Page<Model>> {
    return pageOf((await this.request(api.ModelsDocument, variables, options)).models);
  }

  async model(id: string, options?: RequestOptions): Promise<Model | null> {
    return (await this.request(api.ModelDocument, { id }, options)).model;
  }

  /** Returns at once, IMPORTING: see `importProgress`. */
  async importModel(input: api.ImportModelInput, options?: RequestOptions): Promise<Model> {
    return (await this.request(api.ImportModelDocument, { input }, options)).importModel;
  }

  async cancelImport(id: string, options?: RequestOptions): Promise<Model> {
    return (await this.request(api.CancelImportDocument, { id }, options)).cancelImport;
  }

  async directions(variables: api.DirectionsQueryVariables, options?: RequestOptions): Promise<Page<Direction>> {
    return pageOf((await this.request(api.DirectionsDocument, variables, options)).directions);
  }

  async direction(id: string, options?: RequestOptions): Promise<Direction | null> {
    return (await this.request(api.DirectionDocument, { id }, options)).direction;
  }

  async updateDirection(input: api.UpdateDirectionInput, options?: RequestOptions): Promise<Direction> {
    return (await this.request(api.UpdateDirectionDocument, { input }, options)).updateDirection;
  }

  async mergeDirections(input: api.MergeDirectionsInput, options?: RequestOptions): Promise<MergedDirection> {
    return (await this.request(api.MergeDirectionsDocument, { input }, options)).mergeDirections;
  }

  /** Resolves to a file that `download` fetches. */
  async exportDirections(ids: readonly string[], options?: RequestOptions): Promise<DirectionFile> {
    return (await this.request(api.ExportDirectionsDocument, { ids }, options)).exportDirections;
  }

  async importDirections(input: api.ImportDirectionsInput, options?: RequestOptions): Promise<readonly Direction[]> {
    return (await this.request(api.ImportDirectionsDocument, { input }, options)).importDirections;
  }

  async discoveries(variables: api.DiscoveriesQueryVariables = {}, options?: RequestOptions): Promise<Page<Discovery>> {
    return pageOf((await this.request(api.DiscoveriesDocument, variables, options)).discoveries);
  }

  async discovery(id: string, options?: RequestOptions): Promise<Discovery | null> {
    return (await this.request(api.DiscoveryDocument, { id }, options)).discovery;
  }

  /** What a discovery would take, without starting it. */
  async estimateDiscovery(input: api.StartDiscoveryInput, options?: RequestOptions): Promise<DiscoveryEstimate> {
    return (await this.request(api.EstimateDiscoveryDocument, { input }, options)).estimateDiscovery;
  }

  /** Returns at once, QUEUED: see `trainingProgress`. */
  async startDiscovery(input: api.StartDiscoveryInput, options?: RequestOptions): Promise<Discovery> {
    return (await this.request(api.StartDiscoveryDocument, { input }, options)).startDiscovery;
  }

  async pauseDiscovery(id: string, options?: RequestOptions): Promise<Discovery> {
    return (await this.request(api.PauseDiscoveryDocument, { id }, options)).pauseDiscovery;
  }

  async resumeDiscovery(id: string, options?: RequestOptions): Promise<Discovery> {
    return (await this.request(api.ResumeDiscoveryDocument, { id }, options)).resumeDiscovery;
  }

  async cancelDiscovery(id: string, options?: RequestOptions): Promise<Discovery> {
    return (await this.request(api.CancelDiscoveryDocument, { id }, options)).cancelDiscovery;
  }

  async edits(variables: api.EditsQueryVariables = {}, options?: RequestOptions): Promise<Page<Edit>> {
    return pageOf((await this.request(api.EditsDocument, variables, options)).edits);
  }

  async edit(id: string, options?: RequestOptions): Promise<Edit | null> {
    return (await this.request(api.EditDocument, { id }, options)).edit;
  }

  /** Returns at once, QUEUED unless it had been computed before: see `editProgress`. */
  async applyEdit(input: api.ApplyEditInput, options?: RequestOptions): Promise<Edit> {
    return (await this.request(api.ApplyEditDocument, { input }, options)).applyEdit;
  }

  /** One edit for every direction at every strength, in this order. */
  async startSweep(input: api.StartSweepInput, options?: RequestOptions): Promise<readonly Edit[]> {
    return (await this.request(api.StartSweepDocument, { input }, options)).startSweep;
  }

  async cancelEdit(id: string, options?: RequestOptions): Promise<Edit> {
    return (await this.request(api.CancelEditDocument, { id }, options)).cancelEdit;
  }

  async rerunEdit(id: string, options?: RequestOptions): Promise<Edit> {
    return (await this.request(api.RerunEditDocument, { id }, options)).rerunEdit;
  }

  /** The events of an import, over as many connections as it takes; ends with the final status. */
  importProgress(modelId: string, options: FollowOptions = {}): AsyncGenerator<ImportEvent, void, void> {
    return this.follow(modelId, options, async function* (client, after, signal) {
      const results = client.subscribe(api.ImportProgressDocument, { modelId, after }, { signal });
      for await (const { importProgress } of results) yield importProgress;
    });
  }

  /** The events of a discovery, over as many connections as it takes; ends with the final status. */
  trainingProgress(
    discoveryId: string,
    { frames = 'ALL', ...options }: FollowFramesOptions = {},
  ): AsyncGenerator<TrainingEvent, void, void> {
    return this.follow(discoveryId, options, async function* (client, after, signal) {
      const results = client.subscribe(api.TrainingProgressDocument, { discoveryId, after, frames }, { signal });
      for await (const { trainingProgress } of results) yield trainingProgress;
    });
  }

  /** The events of an edit, over as many connections as it takes; ends with the final status. */
  editProgress(
    editId: string,
    { frames = 'ALL', ...options }: FollowFramesOptions = {},
  ): AsyncGenerator<EditEvent, void, void> {
    return this.follow(editId, options, async function* (client, after, signal) {
      const results = client.subscribe(api.EditProgressDocument, { editId, after, frames }, { signal });
      for await (const { editProgress } of results) yield editProgress;
    });
  }

  private follow<Event extends Numbered>(
    id: string,
    { after = 0, signal }: FollowOptions,
    connect: (client: this, after: number, signal: AbortSignal | undefined) => AsyncIterable<Event>,
  ): AsyncGenerator<Event, void, void> {
    const isOver = () => this.isOver(id, signal);
    return replay({ connect: (seq) => connect(this, seq, signal), isOver, after, signal });
  }

  private async isOver(id: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { node } = await this.request(api.RunStatusDocument, { id }, { signal });
    if (node === null) return true;
    if ('runStatus' in node) return ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(node.runStatus);
    return 'modelStatus' in node ? node.modelStatus !== 'IMPORTING' : true;
  }
}
