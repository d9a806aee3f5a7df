import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { galleryOf } from '../../scripts/support/gallery.js';
import { engineOn, openDevice } from '../../src/engine/index.js';
import { packageFile } from '../../src/package.js';

/** The compiled `npm run pretrain`, as a user runs it. */

const root = mkdtempSync(join(tmpdir(), 'azimuth-pretrain-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SHORT = [
  '--steps',
  '20',
  '--checkpoint-every',
  '8',
  '--channels',
  '8,8',
  '--batch',
  '4',
  '--threads',
  '1',
  '--json',
];
const WEIGHTS = 'diffusion_pytorch_model.safetensors';

interface Run {
  readonly child: ChildProcess;
  readonly output: string[];
  /** Exit code, `null` after a signal. */
  readonly ended: Promise<number | null>;
}

function pretrain(args: readonly string[]): Run {
  const child = spawn(process.execPath, [packageFile('dist/scripts/pretrain.js'), ...args]);
  const output: string[] = [];
  child.stdout.on('data', (data: Buffer) => output.push(data.toString()));
  child.stderr.on('data', (data: Buffer) => output.push(data.toString()));
  return { child, output, ended: new Promise((resolve) => child.on('close', resolve)) };
}

/** Kills a run without notice as soon as its output has `text`. */
async function killAt(text: string, args: readonly string[]): Promise<void> {
  const run = pretrain(args);
  while (!run.output.join('').includes(text)) {
    if (run.child.exitCode !== null) throw new Error(`ended before ${text}: ${run.output.join('')}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  run.child.kill('SIGKILL');
  expect(await run.ended).toBe(null);
}

test('a run that is killed again and again ends on the bytes of one left alone', async () => {
  const [alone, killed] = [join(root, 'alone'), join(root, 'killed')];
  const whole = pretrain([...SHORT, '--out', alone]);
  expect(await whole.ended, whole.output.join('')).toBe(0);
  const again = [...SHORT, '--out', killed];
  await killAt('step 10/20', again);
  // What a run that dies in the middle of writing leaves behind.
  writeFileSync(join(killed, 'checkpoint.safetensors.tmp'), 'half a check');
  await killAt('resuming after step 8', again);
  const last = pretrain(again);
  expect(await last.ended, last.output.join('')).toBe(0);
  for (const file of [WEIGHTS, 'checkpoint.safetensors', 'config.json', 'samples.png'])
    expect(readFileSync(join(killed, file)).equals(readFileSync(join(alone, file))), file).toBe(true);
  const result = (run: Run) => JSON.parse(run.output.join('').trim().split('\n').at(-1) ?? '');
  const { folder, secondsPerStep, ...rest } = result(last);
  expect(folder).toBe(killed);
  expect(secondsPerStep).toBeGreaterThan(0);
  expect(result(whole)).toMatchObject(rest);
  expect(rest.steps).toBe(20);
});

test('its folder is a model that the engine imports and samples, with a sheet of samples', async () => {
  const folder = join(root, 'alone');
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  const engine = engineOn(await openDevice('cpu'));
  const { signal } = new AbortController();
  const model = await engine.importModel(folder, async () => {}, signal);
  expect(model).toMatchObject({ resolution: 32, channels: 3, hShape: [8, 16, 16], predictionType: 'v_prediction' });
  const images = await galleryOf(engine, { path: folder, hash: model.hash }, [1, 2], 3);
  await engine.close();
  for (const { bytes } of images) {
    const { channels } = await sharp(bytes).stats();
    expect(channels.every(({ stdev }) => stdev > 0)).toBe(true);
  }
  expect(await sharp(join(folder, 'samples.png')).metadata()).toMatchObject({ format: 'png', width: 804, height: 404 });
});

test('a finished run, started again, says so with the same result; with other settings it is refused', async () => {
  const args = [...SHORT, '--out', join(root, 'alone')];
  const finished = pretrain(args);
  expect(await finished.ended).toBe(0);
  expect(finished.output.join('')).toContain('resuming after step 20');
  const other = pretrain([...args, '--seed', '1']);
  expect(await other.ended).toBe(1);
  expect(other.output.join('')).toMatch(/checkpoint: made with .*"seed":0.*resumed with .*"seed":1/);
});

test.each([
  [['--domain', 'faces'], /Expected a domain, portraits or shapes, got faces/],
  [['--resolution', '64'], /--resolution: expected 32, as the domain portraits draws, got "64"/],
  [['--steps', 'many'], /--steps: expected a number, got "many"/],
  [['--prediction', 'x0'], /--prediction: expected epsilon or v_prediction, got "x0"/],
  [['--threads', '0'], /--threads: expected a whole number in 1…256/],
  [['--channels', '8,10'], /channels: expected multiples of 4/],
  [['--colour', 'red'], /Unknown option '--colour'[\s\S]*usage: npm run pretrain/],
])('%s is refused with a reason', async (args, reason) => {
  const run = pretrain([...args, '--out', join(root, 'refused')]);
  expect(await run.ended).toBe(1);
  expect(run.output.join('')).toMatch(reason);
});
