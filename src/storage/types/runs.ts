export type RunStatus = 'QUEUED' | 'RUNNING' | 'PAUSED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
export type RunKind = 'discovery' | 'edit' | 'import';
export const FINAL_STATUSES: readonly RunStatus[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

export interface RunErrorRow {
  readonly code: string;
  readonly message: string;
}

/** Who starts a run, and how many there may be. */
export interface Starter {
  /** Null on an open server, and for AZIMUTH_TOKEN. */
  readonly tokenId: string | null;
  readonly queuedRuns: number;
  readonly runsPerToken: number;
}

/** What every run has: a discovery, an edit or an import. `id` is a UUID. */
export interface RunRow {
  readonly id: string;
  readonly kind: RunKind;
  readonly status: RunStatus;
  readonly error: RunErrorRow | null;
  /** Raised each time a worker or the supervisor takes the run; a write under an older epoch is refused. */
  readonly epoch: number;
  readonly lastSeq: number;
  /** The first event that is kept. */
  readonly firstSeq: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}
