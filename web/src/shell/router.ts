import { computed, signal } from '@preact/signals';

/** The page's address after `#`: `#/view/id?key=value`. */
export interface Route {
  /** First part of the path; empty for `#/`. */
  readonly view: string;
  /** Second part, where there is one: an id. */
  readonly id: string | null;
  readonly search: URLSearchParams;
}

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const route = computed<Route>(() => parse(hash.value));

function parse(text: string): Route {
  const [path = '', query = ''] = text.replace(/^#\/?/, '').split('?', 2);
  const [view = '', id] = path.split('/').map(decode);
  return { view, id: id || null, search: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a view, for `href`. Values left undefined are left out. */
export function href(
  view: string,
  id?: string | null,
  search: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(search).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const query = new URLSearchParams(given).toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ''}${query && `?${query}`}`;
}

export function go(address: string): void {
  location.hash = address;
}

/** Changes the address without a step in the browser's history: for what a person adjusts. */
export function adjust(address: string): void {
  if (address === location.hash) return;
  history.replaceState(history.state, '', address);
  hash.value = address;
}
