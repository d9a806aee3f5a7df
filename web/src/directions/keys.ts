import { useEffect, useRef } from 'preact/hooks';

/** Keys of the sheet, for the direction that has the focus. */
export interface KeyActions {
  favourite(id: string): void;
  hide(id: string): void;
  rename(id: string): void;
  compare(id: string): void;
  edit(id: string): void;
}

const KEYS: Readonly<Record<string, keyof KeyActions>> = {
  f: 'favourite',
  h: 'hide',
  r: 'rename',
  c: 'compare',
  e: 'edit',
};

/** Arrows go from card to card, letters act on the one that has the focus, `/` goes to the search. */
export function useKeys(actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => handle(event, latest.current);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

function handle(event: KeyboardEvent, actions: KeyActions): void {
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    isTyping(event.target) ||
    document.querySelector('dialog[open]')
  )
    return;
  const action = KEYS[event.key];
  const current = document.activeElement?.closest<HTMLElement>('[data-direction]');
  const id = current?.dataset['direction'];
  if (event.key === '/') document.getElementById('find')?.focus();
  else if (action && id) actions[action](id);
  else if (!event.key.startsWith('Arrow') || !move(event.key, current ?? null)) return;
  event.preventDefault();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox]), select, textarea');
}

/** To the next card in that direction, by its place on the page; to the first from anywhere else. */
function move(key: string, current: HTMLElement | null): boolean {
  const cards = [...document.querySelectorAll<HTMLElement>('[data-direction]')];
  const at = current ? cards.indexOf(current) : -1;
  const columns = cards.findIndex((card) => card.offsetTop !== cards[0]?.offsetTop);
  const down = columns < 1 ? cards.length : columns;
  const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -down, ArrowDown: down };
  const next = at < 0 ? cards[0] : cards[at + (steps[key] ?? 0)];
  next?.querySelector<HTMLElement>('.card-strip')?.focus();
  return next !== undefined;
}
