import { computed, signal } from '@preact/signals';

/** The token of this tab: kept until the tab is closed, and never in a URL. */

const KEY = 'azimuth-token';

export const token = signal<string | null>(sessionStorage.getItem(KEY));

/** Whether the API has refused to answer without a (better) token. */
export const signInNeeded = signal(false);

/** Grows with every token: what was refused is tried again then. */
export const tokenVersion = signal(0);

export const signedIn = computed(() => token.value !== null && !signInNeeded.value);

export function signIn(value: string): void {
  sessionStorage.setItem(KEY, value);
  token.value = value;
  signInNeeded.value = false;
  tokenVersion.value += 1;
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  token.value = null;
  tokenVersion.value += 1;
}
