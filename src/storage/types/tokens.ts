import type { Role } from '../../access/role.js';

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  /** Null for never. */
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: Date | null;
  /** SHA-256 (hex) of the secret, which is not kept. */
  readonly hash: string;
}

export interface TokenStore {
  create(token: NewToken): Promise<TokenRow>;
  /** The token with this hash, unless it is revoked or has expired by the database's clock. */
  valid(hash: string): Promise<TokenRow | null>;
  /** Whether the token with this id still counts. */
  isValid(id: string): Promise<boolean>;
  /** Whether any token counts. */
  some(): Promise<boolean>;
  /** All of them, the newest first, revoked and expired ones too. */
  all(): Promise<TokenRow[]>;
  /** Ends it on every node. Null if there is none; one that is revoked already stays as it is. */
  revoke(id: string): Promise<TokenRow | null>;
  /** Resolves when the token with this id has ended, by revocation or expiry, or when `signal` aborts. */
  ended(id: string, signal: AbortSignal): Promise<void>;
}

/** A key that URLs are signed with; one signs, all verify. */
export interface SigningKeyRow {
  readonly id: number;
  readonly secret: Uint8Array;
  readonly createdAt: Date;
}

export interface SigningKeyStore {
  /** The newest first; the first call ever makes one. */
  all(): Promise<SigningKeyRow[]>;
  /** Makes a new one, and forgets those that were superseded more than `keepSeconds` ago. */
  rotate(keepSeconds: number): Promise<void>;
}
