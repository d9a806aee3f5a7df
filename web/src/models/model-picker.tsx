import { SelectField } from '../parts/field';
import { chooseModel, currentModel, models } from './current';

/** Which model a view works on. Nothing where there is no choice. */
export function ModelPicker({ onChosen }: { readonly onChosen?: () => void }) {
  const ready = (models.value ?? []).filter(({ status }) => status === 'READY');
  const current = currentModel.value;
  if (!current) return null;
  return (
    <SelectField
      label="Model"
      value={current.id}
      choices={ready.map(({ id, name, resolution }) => ({ value: id, label: `${name} · ${resolution} px` }))}
      onChoice={(id) => {
        onChosen?.();
        chooseModel(id);
      }}
    />
  );
}
