import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './field.css';

interface Labelled {
  readonly label: string;
  /** One line on what it means; read out with the field. */
  readonly hint?: string | undefined;
  /** Why it is refused. */
  readonly error?: string | null | undefined;
}

/** What is passed on to the input. */
interface InputAttributes {
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly maxLength?: number;
}

/** Label, control, hint and error; `control` spreads the props it is given over its input or select. */
export function Field({
  label,
  hint,
  error,
  children,
}: Labelled & {
  children(props: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }): ComponentChildren;
}) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(described && { 'aria-describedby': described }), ...(error && { 'aria-invalid': true }) })}
      {hint && (
        <p id={`${id}-hint`} class="field-hint">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} class="field-error">
          {error}
        </p>
      )}
    </div>
  );
}

export interface TextFieldProps extends Labelled, InputAttributes {
  readonly value: string;
  onText(value: string): void;
}

export function TextField({ label, hint, error, onText, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(props) => (
        <input class="control" {...input} {...props} onInput={(event) => onText(event.currentTarget.value)} />
      )}
    </Field>
  );
}

export interface NumberFieldProps extends Labelled, InputAttributes {
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
  /** Called with numbers only; while the field holds none, the last one stays. */
  onNumber(value: number): void;
}

export function NumberField({ label, hint, error, value, onNumber, ...input }: NumberFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(props) => (
        <input
          class="control number"
          type="number"
          inputMode="decimal"
          {...input}
          {...props}
          value={value}
          onInput={(event) => {
            const number = event.currentTarget.valueAsNumber;
            if (!Number.isNaN(number)) onNumber(number);
          }}
        />
      )}
    </Field>
  );
}

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

export interface SelectFieldProps<Value extends string> extends Labelled {
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  onChoice(value: Value): void;
}

export function SelectField<Value extends string>({
  label,
  hint,
  error,
  value,
  choices,
  onChoice,
}: SelectFieldProps<Value>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(props) => (
        <select
          class="control"
          {...props}
          value={value}
          onChange={(event) => onChoice(event.currentTarget.value as Value)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
