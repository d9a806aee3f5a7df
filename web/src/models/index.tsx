import { Empty, ErrorNotice } from '../parts/notice';
import { models, modelsError, refreshModels } from './current';

export function Models() {
  const list = models.value;
  return (
    <>
      <div class="page-head">
        <h1>Models</h1>
      </div>
      {modelsError.value && <ErrorNotice error={modelsError.value} again={refreshModels} />}
      {list?.length === 0 && (
        <Empty title="No model yet">
          <p>Import a folder of the server's disk, or a repository of a model hub.</p>
        </Empty>
      )}
      <ul class="stack">
        {list?.map((model) => (
          <li key={model.id} class="panel">
            <h2>{model.name}</h2>
            <p class="soft">{model.resolution} px</p>
          </li>
        ))}
      </ul>
    </>
  );
}
