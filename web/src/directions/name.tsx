import { useLayoutEffect, useRef } from 'preact/hooks';

export interface NameProps {
  readonly name: string;
  readonly editing: boolean;
  onEdit(): void;
  /** The new name, or null: it stays as it was. */
  onDone(name: string | null): void;
}

/** A name that becomes a text field when it is pressed. Return keeps what was typed, Escape does not. */
export function Name({ name, editing, onEdit, onDone }: NameProps) {
  const input = useRef<HTMLInputElement>(null);
  const open = useRef(false);
  useLayoutEffect(() => {
    open.current = editing;
    if (editing) input.current?.select();
  }, [editing]);
  if (!editing) {
    return (
      <button type="button" class="name" title="Rename (r)" onClick={onEdit}>
        {name}
      </button>
    );
  }
  // A field that goes away after Return or Escape loses the focus, too.
  const end = (next: string | null) => {
    if (open.current) onDone(next);
    open.current = false;
  };
  const done = (text: string) => end(text.trim() && text.trim() !== name ? text.trim() : null);
  return (
    <input
      ref={input}
      class="control name-input"
      aria-label={`New name of ${name}`}
      value={name}
      maxLength={120}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done(event.currentTarget.value);
        if (event.key === 'Escape') end(null);
        if (event.key === 'Enter' || event.key === 'Escape') event.preventDefault();
        event.stopPropagation();
      }}
      onBlur={(event) => done(event.currentTarget.value)}
    />
  );
}
