import { currentModel, models, modelsError, refreshModels } from '../models/current';
import { ModelPicker } from '../models/model-picker';
import { Empty, ErrorNotice } from '../parts/notice';
import { href } from '../shell/router';
import { RunForm } from './run-form';
import { RunList } from './run-list';

export function Start() {
  const model = currentModel.value;
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Discover</h1>
          <p class="soft">Find directions that change images in ways that can be told apart, without labels.</p>
        </div>
        <ModelPicker />
      </div>
      {modelsError.value && <ErrorNotice error={modelsError.value} again={refreshModels} />}
      {models.value && !model && <NoModel />}
      {model && (
        <div class="start">
          <RunForm key={model.id} model={model} />
          <RunList key={`runs-${model.id}`} model={model} />
        </div>
      )}
    </>
  );
}

function NoModel() {
  const isImporting = models.value?.some(({ status }) => status === 'IMPORTING') ?? false;
  return (
    <Empty title={isImporting ? 'The model is being imported' : 'No model that can be used'}>
      <p>
        {isImporting
          ? 'As soon as it is ready, a discovery can be started here.'
          : 'A discovery needs a model. Import one first.'}
      </p>
      <a href={href('models')}>Models</a>
    </Empty>
  );
}
