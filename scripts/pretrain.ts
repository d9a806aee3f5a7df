import { EngineError, engineOn, openDevice, pretrain } from '../src/engine/index.js';
import { type Arguments, readArguments, USAGE } from './pretrain/arguments.js';
import { RunFolder } from './pretrain/folder.js';
import { Report } from './pretrain/report.js';
import { contactSheet } from './pretrain/samples.js';

/** Trains a DDPM on rendered pictures into a diffusers folder; started again, it goes on from its last checkpoint. */
async function main(): Promise<void> {
  if (process.argv.includes('--help')) return console.log(USAGE);
  const given = readArguments(process.argv.slice(2));
  const device = await openDevice(process.env['AZIMUTH_DEVICE'] ?? 'auto', given.threads ?? undefined);
  const engine = engineOn(device);
  const folder = new RunFolder(given.folder);
  const report = new Report(given.config);
  for await (const event of pretrain(given.config, images(given), await folder.checkpoint(), device)) {
    if (event.type === 'start') report.start(event.losses);
    if (event.type === 'step') report.step(event);
    if (event.type !== 'checkpoint') continue;
    await folder.save(event.state, event.files);
    await folder.write('samples.png', await contactSheet(engine, given.folder));
  }
  await engine.close();
  console.log(`model and samples.png in ${given.folder}`);
  if (given.isJson) console.log(JSON.stringify({ ...report.result, folder: given.folder }));
}

/** Scenes that were never drawn before, `batchSize` a step. */
function images({ domain, config: { batchSize, seed } }: Arguments) {
  return (step: number) => domain.render(domain.sample(batchSize, seed, (step - 1) * batchSize));
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof EngineError ? error.message : error);
    process.exit(1);
  },
);
