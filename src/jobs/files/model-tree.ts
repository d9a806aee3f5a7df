import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

/** The files that a model is loaded from: paths within `root`, with slashes. */
export interface ModelTree {
  readonly root: string;
  /** What is loaded: one of the files, or '' for the folder. */
  readonly entry: string;
  readonly files: readonly string[];
}

/** Folders of a pipeline that a loader looks into. */
const FOLDERS = ['', 'unet', 'scheduler', 'vae', 'vqvae'];
/** What loaders read beside the weights, by name: other files of a folder are nobody's business. */
const SETTINGS = /^(config|model_index|scheduler_config|azimuth|diffusion_pytorch_model\..*index)\.json$/;
/** What version 0.1.0 took, which noted no files. */
const OLD_WEIGHTS = ['diffusion_pytorch_model.safetensors', 'unet/diffusion_pytorch_model.safetensors'];

/**
 * The files of the model at `path`: its weights, as the import reported them (null: one that reported nothing), and the settings
 * beside them. Throws where one of the weights lies outside of the model's folder.
 */
export async function treeOf(path: string, weights: readonly { readonly path: string }[] | null): Promise<ModelTree> {
  const { root, entry } = await rootOf(path);
  const real = await realpath(root);
  const weightPaths = weights
    ? weights.map((file) => within([root, real], file.path))
    : OLD_WEIGHTS.filter((name) => existsSync(join(root, name)));
  const besideEntry = entry === '' ? [] : [dirname(entry), join(dirname(entry), 'scheduler')];
  const files = new Set(weightPaths);
  for (const folder of new Set([...FOLDERS, ...besideEntry]))
    for (const name of await readdir(join(root, folder)).catch(() => [] as string[]))
      if (SETTINGS.test(name)) files.add(join(folder, name).split(sep).join('/'));
  return { root, entry: entry.split(sep).join('/'), files: [...files].sort() };
}

async function rootOf(path: string): Promise<{ root: string; entry: string }> {
  if ((await stat(path)).isDirectory()) return { root: path, entry: '' };
  const folder = dirname(path);
  const schedules = ['scheduler_config.json', join('scheduler', 'scheduler_config.json')];
  const hasOwn = schedules.some((name) => existsSync(join(folder, name)));
  // The schedule of an ONNX export may lie one folder up.
  if (hasOwn || !path.endsWith('.onnx')) return { root: folder, entry: basename(path) };
  return { root: dirname(folder), entry: join(basename(folder), basename(path)) };
}

function within(roots: readonly string[], path: string): string {
  for (const root of roots) {
    const inside = relative(root, path);
    if (!inside.startsWith('..') && inside !== '') return inside.split(sep).join('/');
  }
  throw new Error(`${path}: expected the model's files inside ${roots[0]}`);
}
