import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { packageFile } from '../../src/package.js';

/**
 * Builds the studio and the client of the API for pages that are not built (`client.js`) into dist/web, each file also
 * compressed, so that the server compresses nothing. Nothing is done where it was built from the same files before.
 */

const SOURCE = packageFile('web');
const CLIENT = packageFile('src/client');
const OUTPUT = packageFile('dist/web');
const STAMP = 'built-from';
/** What the result depends on beside web/ and the client. */
const OTHERS = ['package-lock.json', 'scripts/studio/build.ts'];

const key = sourceHash();
if (builtFrom() !== key) await build();

async function build(): Promise<void> {
  // Loaded only where it is needed.
  const vite = await import('vite');
  // Two builds may run at once: each makes its own folder, and the last one stays.
  const folder = `${OUTPUT}-${process.pid}`;
  const configFile = join(SOURCE, 'vite.config.ts');
  await vite.build({ root: SOURCE, configFile, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true } });
  await vite.build({
    configFile: false,
    root: CLIENT,
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2022',
      lib: { entry: join(CLIENT, 'index.ts'), formats: ['es'], fileName: () => 'client.js' },
    },
  });
  // Fonts are compressed already.
  for (const file of filesOf(folder).filter((name) => !name.endsWith('.woff2'))) compress(file);
  writeFileSync(join(folder, STAMP), key);
  rmSync(OUTPUT, { recursive: true, force: true });
  renameSync(folder, OUTPUT);
}

function compress(file: string): void {
  const bytes = readFileSync(file);
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
}

function sourceHash(): string {
  const hash = createHash('sha256');
  for (const file of [...filesOf(SOURCE), ...filesOf(CLIENT), ...OTHERS.map(packageFile)])
    hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

function builtFrom(): string | null {
  const stamp = join(OUTPUT, STAMP);
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : null;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}
