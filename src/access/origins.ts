import type { AccessSettings } from './settings.js';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a page may use the API: the server's own, one of AZIMUTH_ORIGINS, or on loopback any page of this machine. A browser
 * names the page in Origin; programs other than browsers send none, and need none.
 */
export function isTrustedOrigin(
  { origins, loopback }: Pick<AccessSettings, 'origins' | 'loopback'>,
  origin: string | undefined,
  host: string | undefined,
): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (!/^https?:$/.test(page.protocol)) return false;
  return page.host === host || origins.includes(page.origin) || (loopback && LOOPBACK.has(page.hostname));
}

/**
 * Whether a request may name the server so. A stranger's page can make its own name point at 127.0.0.1 and then read an open
 * server as its own; the name is still in Host. Where tokens are asked for the page has none.
 */
export function isTrustedHost(
  { tokens, hosts }: Pick<AccessSettings, 'tokens' | 'hosts'>,
  host: string | undefined,
): boolean {
  if (tokens) return true;
  const name = host?.toLowerCase().replace(/:\d+$/, '') ?? '';
  return LOOPBACK.has(name) || /^127(\.\d{1,3}){3}$/.test(name) || hosts.includes(name);
}
