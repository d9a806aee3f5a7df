import { connection } from '../api/socket';

const WORDS = { connecting: 'Connecting', online: 'Connected', offline: 'Reconnecting' } as const;

/** Whether the server is there: a dot and a word. */
export function ConnectionState() {
  const state = connection.value;
  return (
    <span class={`connection connection-${state}`} role="status">
      <span class="connection-word">{WORDS[state]}</span>
    </span>
  );
}

/** What it means that it is not. */
export function OfflineBanner() {
  if (connection.value !== 'offline') return null;
  return (
    <p class="offline" role="alert">
      The server does not answer. This page tries again by itself; runs go on from where they were, and nothing is lost.
    </p>
  );
}
