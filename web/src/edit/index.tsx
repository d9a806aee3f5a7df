import { useEffect } from 'preact/hooks';
import { chooseModel, currentModel, models, modelsError, refreshModels } from '../models/current';
import { ModelPicker } from '../models/model-picker';
import { Empty, ErrorNotice } from '../parts/notice';
import { adjust, href, route } from '../shell/router';
import './edit.css';
import { Editor } from './editor';

/** Directions played on an image. */
export function Edit() {
  const wanted = route.value.search.get('model');
  const model = currentModel.value;
  const isThere = models.value?.some(({ id, status }) => id === wanted && status === 'READY') ?? false;
  useEffect(() => {
    if (wanted && isThere) chooseModel(wanted);
  }, [wanted, isThere]);
  // A link may name another model than the one in use; it is changed before anything is asked for.
  const isSettled = !wanted || !isThere || model?.id === wanted;
  return (
    <>
      <div class="page-head">
        <h1>Edit</h1>
        <ModelPicker onChosen={() => adjust(href('edit'))} />
      </div>
      {modelsError.value && <ErrorNotice error={modelsError.value} again={() => void refreshModels()} />}
      {model && isSettled && <Editor key={model.id} modelId={model.id} />}
      {!model && models.value && (
        <Empty title="No model is ready">
          <p>
            Images come from a model. <a href={href('models')}>Import one</a>, or wait until it is read.
          </p>
        </Empty>
      )}
    </>
  );
}
