import { useSignal } from '@preact/signals';
import { ModelCardsDocument, type ModelCardsQuery } from '../api/operations';
import { useQuery } from '../api/use-query';
import { Button } from '../parts/button';
import { Empty, ErrorNotice } from '../parts/notice';
import { refreshModels } from './current';
import { ImportDialog } from './import-dialog';
import { ModelCard } from './model-card';
import { areStagesOpen } from './stages';

/** While something is being done to a model, it is looked at so often. */
const LIVELY_MS = 1500;

export function ModelGrid() {
  const importing = useSignal(false);
  const { data, error, refresh } = useQuery(
    ModelCardsDocument,
    {},
    { every: (answer) => (isLively(answer) ? LIVELY_MS : null) },
  );
  const models = data?.models.edges.map(({ node }) => node);
  const openImport = () => {
    importing.value = true;
  };
  const changed = () => {
    refresh();
    void refreshModels();
  };
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Models</h1>
          <p class="soft">Pre-trained diffusion UNets that directions can be found in.</p>
        </div>
        <Button look="primary" onClick={openImport}>
          Import a model
        </Button>
      </div>
      {error && <ErrorNotice error={error} again={refresh} />}
      {models?.length === 0 && (
        <Empty title="No model yet">
          <p>
            Import one from a folder on the server's disk, or from a model hub. The model that ships is imported when
            the server starts.
          </p>
          <Button onClick={openImport}>Import a model</Button>
        </Empty>
      )}
      <ul class="model-grid" aria-label="Models">
        {models?.map((model) => (
          <ModelCard key={model.id} model={model} onChange={changed} />
        ))}
      </ul>
      {importing.value && (
        <ImportDialog
          onClose={() => {
            importing.value = false;
          }}
          onStarted={changed}
        />
      )}
    </>
  );
}

function isLively({ models }: ModelCardsQuery): boolean {
  return models.edges.some(({ node }) => node.status === 'READY' && areStagesOpen(node.stages));
}
