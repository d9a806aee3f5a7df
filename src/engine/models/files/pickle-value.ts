/** What a pickle of tensors holds. Lists and tuples are arrays, dictionaries of any kind are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickledStorage
  | PickledTensor;

/** A name that the pickle refers to, one of the few that are understood; nothing is imported for it. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** A storage: an entry of the archive beside the pickle. */
export class PickledStorage {
  constructor(
    readonly key: string,
    readonly type: string,
    /** Elements. */
    readonly count: number,
  ) {}
}

/** A view of a storage; offset and strides count elements. */
export class PickledTensor {
  constructor(
    readonly storage: PickledStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}
