import { toFloat32 } from '../../element-types.js';
import { floatTensor, sizeOf } from '../../graph/tensor.js';
import { headerLength, parseHeader, type TensorSpan } from '../../safetensors.js';
import type { StoredTensor } from './stored-tensor.js';
import type { WeightFile } from './weight-file.js';

/** The tensors of a safetensors file. Throws MODEL_INVALID where the header does not fit the file. */
export async function safetensorsIn(file: WeightFile): Promise<ReadonlyMap<string, StoredTensor>> {
  const start = await file.read(0, Math.min(8, file.size));
  const length = headerLength(start, file.size, file.path);
  const dataStart = 8 + length;
  const { spans } = parseHeader(await file.read(8, length), file.size - dataStart, file.path);
  return new Map(spans.map((span) => [span.name, stored(file, dataStart, span)]));
}

function stored(file: WeightFile, dataStart: number, { name, type, shape, begin, end }: TensorSpan): StoredTensor {
  return {
    shape,
    load: async () => {
      file.reserve(sizeOf(shape), name);
      const bytes = await file.read(dataStart + begin, end - begin);
      return floatTensor(shape, toFloat32(bytes, sizeOf(shape), type));
    },
  };
}
