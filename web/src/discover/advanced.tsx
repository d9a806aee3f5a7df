import { Field, NumberField, SelectField } from '../parts/field';
import { DEFAULTS, PROCESSES, SHIFTS, SHIFTS_OF } from './defaults';
import type { Changes, FormState } from './form-state';

interface Props {
  readonly form: FormState;
  /** Why the API refuses the value of a field. */
  fault(field: string): string | null | undefined;
}

type NumberKey = keyof typeof DEFAULTS &
  keyof { [Key in keyof Changes as number extends Changes[Key] ? Key : never]: 0 };

const NUMBERS: readonly {
  readonly key: NumberKey;
  readonly label: string;
  readonly min: number;
  readonly step: number | 'any';
}[] = [
  { key: 'samplingSteps', label: 'Sampling steps', min: 2, step: 1 },
  { key: 'batchSize', label: 'Samples per step', min: 1, step: 1 },
  { key: 'minStrength', label: 'Smallest strength', min: 0, step: 'any' },
  { key: 'maxStrength', label: 'Largest strength', min: 0, step: 'any' },
  { key: 'checkpointEvery', label: 'Checkpoint every', min: 1, step: 1 },
  { key: 'previewEvery', label: 'Preview every', min: 0, step: 1 },
  { key: 'seed', label: 'Seed', min: 0, step: 1 },
];

/** Everything else that a discovery can be told. */
export function Advanced({ form, fault }: Props) {
  const changes = form.changes.value;
  return (
    <details class="advanced">
      <summary>Advanced</summary>
      <div class="advanced-fields">
        {NUMBERS.map(({ key, label, min, step }) => (
          <NumberField
            key={key}
            label={label}
            min={min}
            step={step}
            value={changes[key] ?? DEFAULTS[key]}
            error={fault(key)}
            onNumber={(value) => form.set(key, value)}
          />
        ))}
        {(changes.method ?? DEFAULTS.method) === 'LEARNED' && (
          <OptionalNumber
            form={form}
            fault={fault}
            name="gradientSteps"
            label="Gradient through"
            step={1}
            placeholder="all steps"
          />
        )}
        <OptionalNumber form={form} fault={fault} name="learningRate" label="Learning rate" />
        <OptionalNumber form={form} fault={fault} name="adversarialWeight" label="Adversarial weight" />
      </div>
      <Kinds form={form} fault={fault} />
    </details>
  );
}

/** Left empty, the API chooses. */
function OptionalNumber({
  form,
  fault,
  name,
  label,
  step = 'any',
  placeholder = 'default',
}: Props & {
  readonly name: 'gradientSteps' | 'learningRate' | 'adversarialWeight';
  readonly label: string;
  readonly step?: number | 'any';
  readonly placeholder?: string;
}) {
  return (
    <Field label={label} error={fault(name)}>
      {(props) => (
        <input
          class="control number"
          type="number"
          min={0}
          step={step}
          placeholder={placeholder}
          {...props}
          value={form.changes.value[name] ?? ''}
          onInput={({ currentTarget: { valueAsNumber } }) =>
            form.set(name, Number.isNaN(valueAsNumber) ? undefined : valueAsNumber)
          }
        />
      )}
    </Field>
  );
}

function Kinds({ form, fault }: Props) {
  const changes = form.changes.value;
  const kinds = SHIFTS_OF[changes.method ?? DEFAULTS.method];
  const kind = changes.shift ?? kinds[0] ?? 'SUBSPACE';
  return (
    <div class="stack">
      <SelectField
        label="Made of"
        value={kind}
        choices={kinds.map((value) => ({ value, label: SHIFTS[value] }))}
        error={fault('shift')}
        onChoice={(value) => form.set('shift', value === kinds[0] ? undefined : value)}
      />
      {kind === 'SUBSPACE' && kinds[0] === 'SUBSPACE' && (
        <SelectField
          label="Start at"
          value={changes.start ?? 'INDEPENDENT'}
          choices={[
            { value: 'INDEPENDENT', label: 'Independent effects' },
            { value: 'PRINCIPAL', label: 'Principal components' },
          ]}
          error={fault('start')}
          onChoice={(value) => form.set('start', value === 'INDEPENDENT' ? undefined : value)}
        />
      )}
      <SelectField
        label="Shift acts on"
        value={changes.reverseProcess ?? 'SYMMETRIC'}
        choices={PROCESSES}
        error={fault('reverseProcess')}
        onChoice={(value) => form.set('reverseProcess', value === 'SYMMETRIC' ? undefined : value)}
      />
      {(kind === 'GLOBAL' || kind === 'TIMESTEP') && (
        <Check form={form} name="fullSpatial" label="A value for each place of h" />
      )}
      {kind !== 'BLOCK' && kind !== 'PER_TIMESTEP' && (
        <Check form={form} name="orthonormal" label="Keep directions orthonormal" />
      )}
      {fault('orthonormal') && <p class="field-error">{fault('orthonormal')}</p>}
    </div>
  );
}

function Check({
  form,
  name,
  label,
}: {
  readonly form: FormState;
  readonly name: 'fullSpatial' | 'orthonormal';
  readonly label: string;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={form.changes.value[name] ?? false}
        onChange={(event) => form.set(name, event.currentTarget.checked || undefined)}
      />
      {label}
    </label>
  );
}
