import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Button } from './button';
import './dialog.css';
import { CloseIcon } from './icons';

export interface DialogProps {
  readonly title: string;
  /** Escape, the cross, or a press outside. Null: it cannot be dismissed. */
  readonly onClose: (() => void) | null;
  readonly children: ComponentChildren;
}

/** A modal one, as long as it is rendered. Focus goes in, stays in, and back to where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before it is painted: a key that is pressed as it appears is the dialog's.
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onPointerDown={(event) => event.target === element.current && onClose?.()}
    >
      <div class="dialog-body">
        <header class="row between">
          <h2 id={id}>{title}</h2>
          {onClose && (
            <Button look="plain" size="small" aria-label="Close" onClick={onClose}>
              <CloseIcon />
            </Button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
