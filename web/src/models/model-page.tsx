import { ModelDetailsDocument, type ModelDetailsQuery } from '../api/operations';
import { useQuery } from '../api/use-query';
import { count } from '../parts/format';
import { ImageTile } from '../parts/image-tile';
import { Empty, ErrorNotice } from '../parts/notice';
import { href } from '../shell/router';
import { chooseModel } from './current';
import { Report } from './report';
import { AllStages, areStagesOpen } from './stages';

export type Details = NonNullable<ModelDetailsQuery['model']>;

const LIVELY_MS = 1500;

/** One model: its gallery, and what the import doctor found. */
export function ModelPage({ id }: { readonly id: string }) {
  const { data, error, refresh } = useQuery(
    ModelDetailsDocument,
    { id },
    { every: ({ model }) => (model && areStagesOpen(model.stages) ? LIVELY_MS : null) },
  );
  if (error && !data) return <ErrorNotice error={error} again={refresh} />;
  if (!data) return <p class="soft">Loading the model …</p>;
  if (!data.model)
    return (
      <Empty title="There is no such model">
        <p>It may have been deleted, or the address is of another server.</p>
        <a href={href('models')}>All models</a>
      </Empty>
    );
  return <Page model={data.model} />;
}

function Page({ model }: { readonly model: Details }) {
  return (
    <>
      <div class="page-head">
        <div>
          <p class="small">
            <a href={href('models')}>Models</a>
          </p>
          <h1>{model.name}</h1>
          <p class="soft small mono">{model.source}</p>
        </div>
        <a class="button button-primary" href={href('discover')} onClick={() => chooseModel(model.id)}>
          Discover directions
        </a>
      </div>
      <Facts model={model} />
      <div class="model-page">
        <section aria-labelledby="samples" class="panel stack">
          <h2 id="samples">Samples</h2>
          <Samples model={model} />
          <AllStages stages={model.stages} />
        </section>
        {model.report ? (
          <Report report={model.report} />
        ) : (
          <section class="panel">
            <h2>Report</h2>
            <p class="soft">{model.error?.message ?? 'The report comes with the end of the import.'}</p>
          </section>
        )}
      </div>
    </>
  );
}

function Samples({ model }: { readonly model: Details }) {
  if (model.samples.length === 0) return <p class="soft">The first samples are being made.</p>;
  return (
    <div class="gallery gallery-large">
      {model.samples.map((image, seed) => (
        <ImageTile key={image.id} image={image} alt={`Sample, seed ${seed}`} caption={`${seed}`} />
      ))}
    </div>
  );
}

function Facts({ model }: { readonly model: Details }) {
  const facts = [
    ['Images', `${model.resolution} × ${model.resolution} × ${model.channels}`],
    ['Weights', count(model.parameterCount)],
    ['h', `${model.hShape.join(' × ')} at ${model.hTap}`],
    ['Schedule', `${model.betaSchedule}, ${model.trainTimesteps} timesteps`],
    ['Predicts', model.predictionType],
    ['Hash', model.hash?.slice(0, 12) ?? 'not known yet'],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
