import type { RunStatus } from '../api/operations';

const WORDS: Readonly<Record<RunStatus, string>> = {
  QUEUED: 'waiting',
  RUNNING: 'running',
  PAUSED: 'paused',
  SUCCEEDED: 'complete',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

export function StatusBadge({ status }: { readonly status: RunStatus }) {
  return <span class={`badge badge-${status.toLowerCase()}`}>{WORDS[status]}</span>;
}

export function isFinal(status: RunStatus): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED' || status === 'CANCELLED';
}
