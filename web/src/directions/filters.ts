import { adjust, href, route } from '../shell/router';
import type { SheetDirection } from './sheet';

/** What the sheet shows, as it stands in the address. */
export interface Filters {
  /** Part of a name or of a tag. */
  readonly text: string;
  readonly discoveryId: string;
  readonly tag: string;
  readonly order: Order;
  readonly onlyFavourites: boolean;
  readonly withHidden: boolean;
  /** Dead ones, and those that repeat a better one. */
  readonly withWeak: boolean;
}

export type Order = 'score' | 'effect' | 'name' | 'index';

const ORDERS: readonly Order[] = ['score', 'effect', 'name', 'index'];

export function filtersOf(search: URLSearchParams): Filters {
  const order = ORDERS.find((one) => one === search.get('order')) ?? 'score';
  return {
    text: search.get('text') ?? '',
    discoveryId: search.get('discovery') ?? '',
    tag: search.get('tag') ?? '',
    order,
    onlyFavourites: search.has('favourites'),
    withHidden: search.has('hidden'),
    withWeak: search.has('weak'),
  };
}

/** Into the address, what is as it is by default left out. */
export function setFilters(filters: Filters): void {
  adjust(
    href('directions', route.peek().id, {
      text: filters.text || undefined,
      discovery: filters.discoveryId || undefined,
      tag: filters.tag || undefined,
      order: filters.order === 'score' ? undefined : filters.order,
      favourites: filters.onlyFavourites ? '1' : undefined,
      hidden: filters.withHidden ? '1' : undefined,
      weak: filters.withWeak ? '1' : undefined,
    }),
  );
}

export const isWeak = ({ dead, duplicateOf }: SheetDirection): boolean => dead || duplicateOf !== null;

export interface Shown {
  readonly shown: readonly SheetDirection[];
  /** How many more there would be. */
  readonly weak: number;
  readonly hidden: number;
}

export function show(all: readonly SheetDirection[], filters: Filters): Shown {
  const fitting = all.filter((direction) => fits(direction, filters));
  const visible = fitting.filter(({ hidden }) => filters.withHidden || !hidden);
  return {
    shown: visible.filter((direction) => filters.withWeak || !isWeak(direction)).toSorted(COMPARE[filters.order]),
    weak: visible.filter(isWeak).length,
    hidden: fitting.filter(({ hidden }) => hidden).length,
  };
}

function fits({ name, tags, favourite, discovery }: SheetDirection, filters: Filters): boolean {
  const text = filters.text.trim().toLowerCase();
  return (
    (!text || [name, ...tags].some((label) => label.toLowerCase().includes(text))) &&
    (!filters.discoveryId || discovery?.id === filters.discoveryId) &&
    (!filters.tag || tags.includes(filters.tag)) &&
    (!filters.onlyFavourites || favourite)
  );
}

/** Not measured comes last. */
const highestFirst = (a: number | null, b: number | null) => (b ?? -1) - (a ?? -1);

const COMPARE: Readonly<Record<Order, (a: SheetDirection, b: SheetDirection) => number>> = {
  score: (a, b) => highestFirst(a.score, b.score) || a.index - b.index,
  effect: (a, b) => highestFirst(a.effectSize, b.effectSize) || a.index - b.index,
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  index: (a, b) => a.index - b.index,
};
