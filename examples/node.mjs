// Discover, watch and edit from Node.js: node examples/node.mjs [server] [name of a model] [training steps]
// Writes along-<name>.png: the model's sample of seed 11, edited along the best direction that was found.
import { writeFile } from 'node:fs/promises';
import { AzimuthError, createClient } from 'azimuth/client';

const [url = 'http://localhost:4000', modelName, trainingSteps = '60'] = process.argv.slice(2);
const azimuth = createClient({ url, token: () => process.env.AZIMUTH_TOKEN ?? null });

/** Call 1: startDiscovery. Everything but the model has a default; PRINCIPAL starts sooner than the default. */
async function discover(modelId) {
  const input = { modelId, samplingSteps: 5, trainingSteps: Number(trainingSteps), start: 'PRINCIPAL' };
  const { id } = await azimuth.startDiscovery(input);
  return id;
}

/** Call 2: trainingProgress. It may take hours, and lose its connection any number of times: every event comes once. */
async function watch(discoveryId) {
  for await (const event of azimuth.trainingProgress(discoveryId)) {
    if (event.__typename === 'TrainingStep') {
      const { step, totalSteps, loss, accuracy } = event;
      console.log(`step ${step}/${totalSteps}: loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(2)}`);
    }
    if (event.__typename === 'StatusChanged') console.log(event.status, event.error?.message ?? '');
    if (event.__typename === 'StatusChanged' && event.status === 'FAILED') throw new Error(event.error?.message);
  }
}

/** Call 3: applyEdit. Frames come while it samples; the finished image is a PNG that says how it was made. */
async function edit(modelId, directionId) {
  const { id, warnings } = await azimuth.applyEdit({ modelId, seed: 11, shifts: [{ directionId, strength: 3 }] });
  for (const warning of warnings) console.warn(warning);
  for await (const event of azimuth.editProgress(id)) {
    if (event.__typename === 'EditFrame') console.log(`frame ${event.stepIndex + 1}/${event.samplingSteps}`);
    if (event.__typename === 'EditFinished') return event.result;
  }
  throw new Error(`The edit ${id} gave no result.`);
}

try {
  const { nodes: models } = await azimuth.models();
  const ready = models.filter(({ status }) => status === 'READY');
  const model = modelName ? ready.find(({ name }) => name === modelName) : ready[0];
  if (!model) throw new Error(`No model to use; there are: ${ready.map(({ name }) => name).join(', ') || 'none'}`);
  const discoveryId = await discover(model.id);
  await watch(discoveryId);
  const filter = { discoveryId, dead: false };
  const { nodes } = await azimuth.directions({ modelId: model.id, filter, orderBy: 'SCORE', first: 1 });
  const best = nodes[0];
  if (!best) throw new Error('Nothing was found that changes images. More training steps may help.');
  const file = `along-${best.name.replace(/\W+/g, '-').toLowerCase()}.png`;
  await writeFile(file, Buffer.from(await (await azimuth.download(await edit(model.id, best.id))).arrayBuffer()));
  console.log(`${file}: ${best.name}, score ${best.score?.toFixed(2) ?? 'not measured'}`);
} catch (error) {
  console.error(error instanceof AzimuthError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await azimuth.close();
}
