import type { ModelCardsQuery } from '../api/operations';
import { count } from '../parts/format';
import { ImageTile } from '../parts/image-tile';
import { href } from '../shell/router';
import { chooseModel } from './current';
import { ImportFailed, ImportUnderWay } from './import-state';
import { OpenStages } from './stages';

export type Card = ModelCardsQuery['models']['edges'][number]['node'];

const GALLERY = 8;

export function ModelCard({ model, onChange }: { readonly model: Card; onChange(): void }) {
  return (
    <li class="panel model-card">
      <header>
        <h2>{model.status === 'READY' ? <a href={href('models', model.id)}>{model.name}</a> : model.name}</h2>
        <p class="soft small source" title={model.source}>
          {model.source}
        </p>
      </header>
      {model.status === 'IMPORTING' && <ImportUnderWay model={model} onEnd={onChange} />}
      {model.status === 'FAILED' && <ImportFailed model={model} onChange={onChange} />}
      {model.status === 'READY' && <ReadyCard model={model} />}
    </li>
  );
}

function ReadyCard({ model }: { readonly model: Card }) {
  const tiles = Array.from({ length: GALLERY }, (_, seed) => model.samples[seed] ?? null);
  const choose = () => chooseModel(model.id);
  const { totalCount } = model.directions;
  return (
    <>
      <div class="gallery">
        {tiles.map((image, seed) => (
          <ImageTile key={seed} image={image} alt={image ? `Sample of ${model.name}, seed ${seed}` : ''} lazy />
        ))}
      </div>
      <OpenStages stages={model.stages} />
      <p class="soft small number">
        {model.resolution} × {model.resolution} px · {count(model.parameterCount)} weights ·{' '}
        {totalCount === 1 ? '1 direction' : `${totalCount} directions`}
      </p>
      <div class="row card-actions">
        <a class="button button-small" href={href('discover')} onClick={choose}>
          Discover
        </a>
        {totalCount > 0 && (
          <>
            <a class="button button-small" href={href('directions')} onClick={choose}>
              Directions
            </a>
            <a class="button button-small" href={href('edit')} onClick={choose}>
              Edit
            </a>
          </>
        )}
        <a class="button button-small button-plain" href={href('models', model.id)}>
          Report<span class="unseen"> on {model.name}</span>
        </a>
      </div>
    </>
  );
}
