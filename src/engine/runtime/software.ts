import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import sharp from 'sharp';

const require = createRequire(import.meta.url);

function packageVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string };
  return `${name} ${version}`;
}

/** Name and version of everything that the bytes of an image depend on. */
export const SOFTWARE: readonly string[] = [
  packageVersion('onnxruntime-node'),
  `sharp ${sharp.versions.sharp}`,
  `libvips ${sharp.versions.vips}`,
  `node ${process.versions.node}`,
];

/** The same threads on the same processor give the same bytes. */
export const PROCESSOR = `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} threads`;
