import { readFile, stat } from 'node:fs/promises';
import { EngineError } from '../../errors.js';

/** A table of 100 000 betas takes 2 MiB. */
const MAX_TEXT_BYTES = 8 * 2 ** 20;

/** Reads a configuration. Throws MODEL_INVALID if there is no such file, or one too long to be a configuration. */
export async function readTextFile(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new EngineError('MODEL_INVALID', `${path}: expected a file.`);
    if (found.size > MAX_TEXT_BYTES)
      throw new EngineError(
        'MODEL_INVALID',
        `${path}: ${found.size} bytes; a configuration has ${MAX_TEXT_BYTES} at most.`,
      );
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new EngineError('MODEL_INVALID', `${path}: expected a file, and it cannot be read (${code}).`, { cause });
  }
}
