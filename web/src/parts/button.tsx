import type { ComponentChildren, JSX } from 'preact';
import './button.css';

export interface ButtonProps extends Omit<JSX.IntrinsicElements['button'], 'icon' | 'size'> {
  /** `primary`: the one thing to do here. `plain`: no frame. `danger`: something is lost. */
  readonly look?: 'primary' | 'normal' | 'plain' | 'danger';
  readonly size?: 'normal' | 'small';
  /** Shows that it is at work, and takes no second press. */
  readonly busy?: boolean;
  readonly children?: ComponentChildren;
}

/** One that holds only an icon needs an `aria-label`. */
export function Button({ look = 'normal', size = 'normal', busy = false, disabled, ...rest }: ButtonProps) {
  const name = `button button-${look} button-${size} ${rest.class ?? ''}`;
  return <button type="button" {...rest} class={name} disabled={busy || disabled} aria-busy={busy} />;
}
