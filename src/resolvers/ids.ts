import { inputError, mismatch } from './errors.js';

/** Types that `node` fetches. */
export type NodeType = 'Model' | 'Direction' | 'Discovery' | 'Edit' | 'Image';
/** Types that have a global id. A token is no node: `node` needs no more than the role READ. */
export type IdType = NodeType | 'Token';
const ID_TYPES: readonly IdType[] = ['Model', 'Direction', 'Discovery', 'Edit', 'Image', 'Token'];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface IdKey {
  readonly type: IdType;
  /** The row's UUID. */
  readonly rowId: string;
}

/** Opaque and typed: the base64url form of `Type:uuid`. */
export function globalId(type: IdType, rowId: string): string {
  return Buffer.from(`${type}:${rowId}`).toString('base64url');
}

/** `null` if no id of ours looks like this. Only the canonical spelling counts, so that one node has one id. */
export function parseGlobalId(id: string): IdKey | null {
  const [typeName, rowId, ...rest] = Buffer.from(id, 'base64url').toString('utf8').split(':');
  const type = ID_TYPES.find((candidate) => candidate === typeName);
  if (type === undefined || rowId === undefined || rest.length > 0 || !UUID.test(rowId)) return null;
  return globalId(type, rowId) === id ? { type, rowId } : null;
}

export interface NodeKey extends IdKey {
  readonly type: NodeType;
}

/** Any id of this API, or BAD_USER_INPUT naming `argument`. */
function anyKey(argument: string, id: string): IdKey {
  const key = parseGlobalId(id);
  if (key === null) throw inputError(argument, 'an id that this API returned', id);
  return key;
}

/** Any node's id, or BAD_USER_INPUT naming `argument`. */
export function anyNodeKey(argument: string, id: string): NodeKey {
  const { type, rowId } = anyKey(argument, id);
  if (type === 'Token') throw mismatch(argument, "a node's id", 'an id of type Token');
  return { type, rowId };
}

/** The UUID in an id that must be of `type`. */
export function rowIdOf(type: IdType, argument: string, id: string): string {
  const key = anyKey(argument, id);
  if (key.type !== type) {
    throw mismatch(argument, `an id of type ${type}`, `an id of type ${key.type}`);
  }
  return key.rowId;
}
