import { inputError, mismatch } from './errors.js';

/** Types that have a global id. */
export type NodeType = 'Model' | 'Direction' | 'Discovery' | 'Edit' | 'Image';
const NODE_TYPES: readonly NodeType[] = ['Model', 'Direction', 'Discovery', 'Edit', 'Image'];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface NodeKey {
  readonly type: NodeType;
  /** The row's UUID. */
  readonly rowId: string;
}

/** Opaque and typed: the base64url form of `Type:uuid`. */
export function globalId(type: NodeType, rowId: string): string {
  return Buffer.from(`${type}:${rowId}`).toString('base64url');
}

/** `null` if no id of ours looks like this. Only the canonical spelling counts, so that one node has one id. */
export function parseGlobalId(id: string): NodeKey | null {
  const [typeName, rowId, ...rest] = Buffer.from(id, 'base64url').toString('utf8').split(':');
  const type = NODE_TYPES.find((candidate) => candidate === typeName);
  if (type === undefined || rowId === undefined || rest.length > 0 || !UUID.test(rowId)) return null;
  return globalId(type, rowId) === id ? { type, rowId } : null;
}

/** Any node's id, or BAD_USER_INPUT naming `argument`. */
export function anyNodeKey(argument: string, id: string): NodeKey {
  const key = parseGlobalId(id);
  if (key === null) throw inputError(argument, 'an id that this API returned', id);
  return key;
}

/** The UUID in an id that must be of `type`. */
export function rowIdOf(type: NodeType, argument: string, id: string): string {
  const key = anyNodeKey(argument, id);
  if (key.type !== type) {
    throw mismatch(argument, `an id of type ${type}`, `an id of type ${key.type}`);
  }
  return key.rowId;
}
