import { BF16, type ElementType, F16, F32, F64, I8, I16, I32, I64, U8 } from '../../element-types.js';
import { PickledStorage, PickledTensor, PickleGlobal, type PickleValue } from './pickle-value.js';

/** Element types of PyTorch's storages, by class name. */
export const STORAGE_TYPES: ReadonlyMap<string, ElementType> = new Map([
  ['torch.DoubleStorage', F64],
  ['torch.FloatStorage', F32],
  ['torch.HalfStorage', F16],
  ['torch.BFloat16Storage', BF16],
  ['torch.LongStorage', I64],
  ['torch.IntStorage', I32],
  ['torch.ShortStorage', I16],
  ['torch.CharStorage', I8],
  ['torch.ByteStorage', U8],
  ['torch.BoolStorage', U8],
]);

const ORDERED_DICT = 'collections.OrderedDict';
const REBUILD_TENSOR = 'torch._utils._rebuild_tensor_v2';
const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';
const MAX_RANK = 32;

/** A pickle that is not one of tensors; the reader adds where. */
export class PickleError extends Error {}

/** The global of a name. Throws {@link PickleError} for every one that tensors do not need: it could be any code. */
export function globalNamed(module: string, name: string): PickleGlobal {
  const full = `${module}.${name}`;
  if ([ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER].includes(full) || STORAGE_TYPES.has(full))
    return new PickleGlobal(full);
  throw new PickleError(
    `the pickle asks for ${full.slice(0, 100)}, which could run code, and nothing but tensors is read; ` +
      'save the weights alone, with torch.save(model.state_dict(), file)',
  );
}

/** What calling one of the globals makes. */
export function reduce(callee: PickleValue, parameters: PickleValue): PickleValue {
  if (!(callee instanceof PickleGlobal) || !Array.isArray(parameters))
    throw new PickleError('it calls what is no function');
  if (callee.name === ORDERED_DICT) return orderedDict(parameters);
  if (callee.name === REBUILD_TENSOR) return rebuildTensor(parameters);
  if (callee.name === REBUILD_PARAMETER && parameters[0] instanceof PickledTensor) return parameters[0];
  throw new PickleError(`it calls ${callee.name} with other arguments than tensors have`);
}

/** Older versions of Python hand over the items as a list of pairs. */
function orderedDict([items]: PickleValue[]): PickleValue {
  const made = new Map<PickleValue, PickleValue>();
  if (items === undefined) return made;
  if (!Array.isArray(items)) throw new PickleError('an OrderedDict is made of what is no list');
  for (const item of items) {
    if (!Array.isArray(item) || item.length !== 2) throw new PickleError('an OrderedDict is made of what are no pairs');
    made.set(item[0] as PickleValue, item[1] as PickleValue);
  }
  return made;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MAX_RANK && value.every(isCount);
}

function rebuildTensor([storage, offset, shape, strides]: PickleValue[]): PickledTensor {
  if (!(storage instanceof PickledStorage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides))
    throw new PickleError('a tensor is rebuilt from what are not storage, offset, shape and strides');
  if (shape.length !== strides.length) throw new PickleError(`a tensor of shape [${shape}] has strides [${strides}]`);
  const empty = shape.some((extent) => extent === 0);
  const last = shape.reduce((at, extent, axis) => at + (extent - 1) * (strides[axis] ?? 0), offset);
  if (!empty && !(last < storage.count))
    throw new PickleError(`a tensor of shape [${shape}] reaches element ${last} of a storage of ${storage.count}`);
  return new PickledTensor(storage, offset, [...shape], [...strides]); // the pickle may change its lists later
}

/** A storage that the pickle refers to: `('storage', class, key, device, elements)`. */
export function persistent(id: PickleValue): PickledStorage {
  if (Array.isArray(id)) {
    const [kind, type, key, , count] = id;
    if (kind === 'storage' && type instanceof PickleGlobal && STORAGE_TYPES.has(type.name) && isCount(count))
      if (typeof key === 'string') return new PickledStorage(key, type.name, count);
  }
  throw new PickleError('it refers to an object outside that is no storage of tensors');
}
