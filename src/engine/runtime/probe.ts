import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Why a provider cannot work here, found without asking it: a missing library makes ONNX Runtime and Dawn write to
 * standard error. `null` if nothing speaks against it.
 */
export function missingLibrary(provider: string): string | null {
  if (process.platform !== 'linux') return null;
  if (provider === 'cuda' && !existsSync(join(nativeFolder(), 'libonnxruntime_providers_cuda.so'))) {
    return 'its libraries are not installed; install with ONNXRUNTIME_NODE_INSTALL=cuda12';
  }
  if (provider === 'webgpu' && !loads('libvulkan.so.1')) return 'libvulkan.so.1 is not installed';
  return null;
}

/** Where onnxruntime-node keeps what it loads for this system. */
function nativeFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(dirname(entry)), 'bin', 'napi-v6', process.platform, process.arch);
}

/** Whether the dynamic linker finds a library. Loading one that is no Node addon fails either way, with another message. */
function loads(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_LAZY);
    return true;
  } catch (error) {
    return !(error as Error).message.includes('cannot open shared object file');
  }
}
