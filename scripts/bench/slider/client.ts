import type { Api } from '../../support/api.js';

const APPLY = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';
const SWEEP = 'mutation ($input: StartSweepInput!) { startSweep(input: $input) { id } }';
const PROGRESS = `subscription ($id: ID!) { editProgress(editId: $id) { __typename
  ... on RunEvent { at } ... on StatusChanged { status error { message } } ... on EditFrame { stepIndex image { url } } } }`;

interface Progress {
  readonly editProgress: {
    readonly __typename: string;
    readonly at: string;
    readonly status?: string;
    readonly error?: { readonly message: string } | null;
  };
}

/** One edit as the client saw it; times of its own clock in milliseconds, but for those that the server gave. */
export interface Seen {
  readonly id: string;
  readonly sentAt: number;
  /** Wall-clock time when it was asked for, and when it began, on the same machine. */
  readonly requestedAt: number;
  runningAt: number | null;
  firstFrameAt: number | null;
  endedAt: number | null;
  status: string;
  /** From RUNNING to EditFinished on the server's clock. */
  computedMs: number | null;
}

/** Edits over the API, each followed to its end. */
export class EditClient {
  constructor(private readonly api: Api) {}

  async apply(input: Record<string, unknown>): Promise<{ readonly seen: Seen; readonly ended: Promise<void> }> {
    const [sentAt, requestedAt] = [performance.now(), Date.now()];
    const { applyEdit } = await this.api.query<{ applyEdit: { id: string } }>(APPLY, { input });
    return this.follow(applyEdit.id, sentAt, requestedAt);
  }

  async sweep(input: Record<string, unknown>): Promise<{ readonly seen: Seen; readonly ended: Promise<void> }[]> {
    const [sentAt, requestedAt] = [performance.now(), Date.now()];
    const { startSweep } = await this.api.query<{ startSweep: { id: string }[] }>(SWEEP, { input });
    return startSweep.map(({ id }) => this.follow(id, sentAt, requestedAt));
  }

  private follow(id: string, sentAt: number, requestedAt: number) {
    const unknown = { runningAt: null, firstFrameAt: null, endedAt: null, computedMs: null };
    const seen: Seen = { id, sentAt, requestedAt, status: 'QUEUED', ...unknown };
    const watch = async () => {
      for await (const { editProgress: event } of this.api.subscribe<Progress>(PROGRESS, { id })) {
        if (event.error) throw new Error(event.error.message);
        if (event.__typename === 'EditFrame') seen.firstFrameAt ??= performance.now();
        if (event.status === 'RUNNING') seen.runningAt = Date.parse(event.at);
        if (event.__typename === 'EditFinished')
          seen.computedMs = Date.parse(event.at) - (seen.runningAt ?? Number.NaN);
        if (event.status) seen.status = event.status;
      }
      seen.endedAt = performance.now();
    };
    return { seen, ended: watch() };
  }
}
