import type { ComponentChildren } from 'preact';
import { signedIn, signOut } from '../api/session';
import { Button } from '../parts/button';
import { DirectionsIcon, DiscoverIcon, EditIcon, ModelsIcon, MoonIcon, SunIcon } from '../parts/icons';
import { Toasts } from '../parts/toasts';
import { theme, toggleTheme } from '../theme/theme';
import { href, route } from './router';
import './shell.css';
import { SignIn } from './sign-in';
import { ConnectionState, OfflineBanner } from './status';

const VIEWS = [
  { view: 'models', label: 'Models', Icon: ModelsIcon },
  { view: 'discover', label: 'Discover', Icon: DiscoverIcon },
  { view: 'directions', label: 'Directions', Icon: DirectionsIcon },
  { view: 'edit', label: 'Edit', Icon: EditIcon },
];

/** What is around every view. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <header class="bar">
        <a class="brand" href={href('models')}>
          <Mark />
          Azimuth
        </a>
        <Navigation />
        <div class="bar-end">
          <ConnectionState />
          {signedIn.value && (
            <Button look="plain" size="small" onClick={signOut}>
              Sign out
            </Button>
          )}
          <ThemeButton />
        </div>
      </header>
      <OfflineBanner />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
      <SignIn />
    </>
  );
}

function Navigation() {
  const current = route.value.view || 'models';
  return (
    <nav class="views" aria-label="Views">
      {VIEWS.map(({ view, label, Icon }) => (
        <a key={view} href={href(view)} aria-current={view === current ? 'page' : undefined}>
          <Icon />
          {label}
        </a>
      ))}
    </nav>
  );
}

function ThemeButton() {
  const isDark = theme.value === 'dark';
  return (
    <Button look="plain" size="small" aria-label={isDark ? 'Light theme' : 'Dark theme'} onClick={toggleTheme}>
      {isDark ? <SunIcon /> : <MoonIcon />}
    </Button>
  );
}

function Mark() {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="9.5" fill="none" stroke="var(--line-strong)" stroke-width="1.5" />
      <path d="M12 12l6.7-6.7" stroke="var(--accent)" stroke-width="2.5" stroke-linecap="round" />
      <circle cx="12" cy="12" r="2.2" fill="var(--accent)" />
    </svg>
  );
}
