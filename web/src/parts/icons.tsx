import type { ComponentChildren } from 'preact';

/** Drawn on a grid of 20, in the colour of the text, for eyes only: the control that holds one has the label. */
function Icon({ children }: { readonly children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      width="18"
      height="18"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const CloseIcon = () => (
  <Icon>
    <path d="M5 5l10 10M15 5L5 15" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.4" />
    <path d="M10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M15.7 4.3l-1.3 1.3M5.6 14.4l-1.3 1.3" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z" />
  </Icon>
);

export const ModelsIcon = () => (
  <Icon>
    <rect x="3" y="3" width="6" height="6" rx="1.2" />
    <rect x="11" y="3" width="6" height="6" rx="1.2" />
    <rect x="3" y="11" width="6" height="6" rx="1.2" />
    <rect x="11" y="11" width="6" height="6" rx="1.2" />
  </Icon>
);

export const DiscoverIcon = () => (
  <Icon>
    <path d="M3 16c2.2 0 2.6-10 5-10s2.4 6.5 4.5 6.5S14.8 4 17 4" />
  </Icon>
);

export const DirectionsIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M10 10l3.6-3.6M10 3v1.5M17 10h-1.5M10 17v-1.5M3 10h1.5" />
  </Icon>
);

export const EditIcon = () => (
  <Icon>
    <path d="M3 6h8M15 6h2M3 14h2M9 14h8" />
    <circle cx="13" cy="6" r="2" />
    <circle cx="7" cy="14" r="2" />
  </Icon>
);

export const StarIcon = () => (
  <Icon>
    <path d="M10 2.8l2.2 4.6 5 .7-3.6 3.5.9 5-4.5-2.4-4.5 2.4.9-5L2.8 8.1l5-.7z" />
  </Icon>
);

export const EyeIcon = () => (
  <Icon>
    <path d="M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10z" />
    <circle cx="10" cy="10" r="2.4" />
  </Icon>
);

export const EyeOffIcon = () => (
  <Icon>
    <path d="M3 3l14 14M8 5a8 8 0 0 1 2-.3c5 0 8 5.3 8 5.3a14 14 0 0 1-2.3 2.8M5.4 6.7A14 14 0 0 0 2 10s3 5.3 8 5.3a8 8 0 0 0 3.3-.7" />
  </Icon>
);

export const UndoIcon = () => (
  <Icon>
    <path d="M7 4L3 8l4 4M3 8h8a5 5 0 0 1 0 10H8" />
  </Icon>
);

export const RedoIcon = () => (
  <Icon>
    <path d="M13 4l4 4-4 4M17 8H9a5 5 0 0 0 0 10h3" />
  </Icon>
);

export const DiceIcon = () => (
  <Icon>
    <rect x="3" y="3" width="14" height="14" rx="3" />
    <path d="M7 7h.01M13 7h.01M10 10h.01M7 13h.01M13 13h.01" stroke-width="2.4" />
  </Icon>
);

export const CurveIcon = () => (
  <Icon>
    <path d="M3 16C9 16 9 4 17 4" />
  </Icon>
);
