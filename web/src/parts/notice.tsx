import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/errors';
import { Button } from './button';
import './notice.css';

export interface NoticeProps {
  readonly kind: 'bad' | 'good' | 'plain';
  readonly title?: string;
  readonly children: ComponentChildren;
}

/** A message in the flow of the page. */
export function Notice({ kind, title, children }: NoticeProps) {
  return (
    <div class={`notice notice-${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      {title && <strong>{title}</strong>}
      {children}
    </div>
  );
}

/** What the API said, and what to do. `again` is offered as a button. */
export function ErrorNotice({ error, again }: { readonly error: ApiError; readonly again?: (() => void) | undefined }) {
  return (
    <Notice kind="bad" title={error.message}>
      <div class="row between">
        <span>{error.advice}</span>
        {again && (
          <Button size="small" onClick={again}>
            Try again
          </Button>
        )}
      </div>
    </Notice>
  );
}

/** What stands where there is nothing yet: what would be here, and how it gets there. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
