import { computed, effect, signal } from '@preact/signals';

export type Theme = 'light' | 'dark';

const KEY = 'azimuth-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const preferred = signal<Theme>(dark.matches ? 'dark' : 'light');
/** `null`: as the system prefers. */
const chosen = signal<Theme | null>(stored());

/** The theme in use; also on the root element, as `data-theme`. */
export const theme = computed<Theme>(() => chosen.value ?? preferred.value);

dark.addEventListener('change', () => {
  preferred.value = dark.matches ? 'dark' : 'light';
});

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});

export function toggleTheme(): void {
  const other = theme.value === 'dark' ? 'light' : 'dark';
  // Back at the system's own, it follows the system again.
  chosen.value = other === preferred.value ? null : other;
  if (chosen.value === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, chosen.value);
}

/** A colour of tokens.css as it is now, for what is drawn on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function stored(): Theme | null {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : null;
}
