import { useRef } from 'preact/hooks';
import { StartRunDocument } from '../api/operations';
import { request } from '../api/request';
import { useAction } from '../api/use-action';
import type { ListedModel } from '../models/current';
import { Button } from '../parts/button';
import { SelectField } from '../parts/field';
import { ErrorNotice } from '../parts/notice';
import { Slider } from '../parts/slider';
import { go, href } from '../shell/router';
import { Advanced } from './advanced';
import { DEFAULTS, METHODS, PRESETS } from './defaults';
import { EstimateView } from './estimate-view';
import { useFormState } from './form-state';
import { useEstimate } from './use-estimate';

/** A new discovery: what it would take is shown before it is started. */
export function RunForm({ model }: { readonly model: ListedModel }) {
  const form = useFormState();
  const key = useRef(newKey());
  const changes = form.changes.value;
  const input = { modelId: model.id, ...changes };
  const state = useEstimate(input);
  const start = useAction(async () => {
    // The same key until it is started: pressed again after a lost answer, it is the same run.
    const { startDiscovery } = await request(StartRunDocument, { input: { ...input, idempotencyKey: key.current } });
    key.current = newKey();
    go(href('discover', startDiscovery.id));
  });
  const argument = state.error?.argument?.replace(/^input\./, '') ?? null;
  const fault = (field: string) => (argument === field ? state.error?.message : null);
  return (
    <form
      class="panel stack run-form"
      aria-label="New discovery"
      onSubmit={(event) => {
        event.preventDefault();
        void start.run();
      }}
    >
      <h2>New discovery</h2>
      <Presets isChosen={(values) => same(values, changes)} choose={form.replace} />
      <SelectField
        label="Method"
        value={changes.method ?? DEFAULTS.method}
        choices={METHODS}
        error={fault('method')}
        onChoice={(value) => form.set('method', value === DEFAULTS.method ? undefined : value)}
      />
      <Slider
        label="Directions"
        min={1}
        max={64}
        step={1}
        value={changes.directions ?? DEFAULTS.directions}
        onValue={(value) => form.set('directions', value)}
      />
      {fault('directions') && <p class="field-error">{fault('directions')}</p>}
      <Slider
        label="Training steps"
        min={20}
        max={3000}
        step={20}
        value={changes.trainingSteps ?? DEFAULTS.trainingSteps}
        onValue={(value) => form.set('trainingSteps', value)}
      />
      <Advanced form={form} fault={fault} />
      <EstimateView state={state} isFieldError={argument !== null} />
      {start.error && <ErrorNotice error={start.error} />}
      <Button
        look="primary"
        type="submit"
        busy={start.busy}
        disabled={state.estimate?.fits === false || argument !== null}
      >
        Start
      </Button>
    </form>
  );
}

function Presets({
  isChosen,
  choose,
}: {
  isChosen(values: (typeof PRESETS)[number]['values']): boolean;
  choose(values: (typeof PRESETS)[number]['values']): void;
}) {
  return (
    <div class="presets">
      {PRESETS.map(({ name, hint, values }) => (
        <button key={name} type="button" aria-pressed={isChosen(values)} onClick={() => choose(values)}>
          <strong>{name}</strong>
          <span>{hint}</span>
        </button>
      ))}
    </div>
  );
}

function same(a: object, b: object): boolean {
  const sorted = (values: object) =>
    JSON.stringify(
      Object.entries(values)
        .filter(([, value]) => value !== undefined)
        .sort(),
    );
  return sorted(a) === sorted(b);
}

/** `crypto.randomUUID` is not there on a page that came over plain HTTP from another machine. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-');
}
