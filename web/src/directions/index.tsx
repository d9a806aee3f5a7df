import { currentModel, models, modelsError, refreshModels } from '../models/current';
import { ModelPicker } from '../models/model-picker';
import { Empty, ErrorNotice } from '../parts/notice';
import { href } from '../shell/router';
import './directions.css';
import { ContactSheet } from './contact-sheet';

/** The directions of a model, as filmstrips. */
export function Directions() {
  const model = currentModel.value;
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Directions</h1>
          <p class="soft">What can be changed in the model’s images, the best first.</p>
        </div>
        <ModelPicker />
      </div>
      {modelsError.value && <ErrorNotice error={modelsError.value} again={() => void refreshModels()} />}
      {model && <ContactSheet key={model.id} modelId={model.id} />}
      {!model && models.value && (
        <Empty title="No model is ready">
          <p>
            Directions lie in a model. <a href={href('models')}>Import one</a>, or wait until it is read.
          </p>
        </Empty>
      )}
    </>
  );
}
