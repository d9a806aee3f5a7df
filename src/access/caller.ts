import type { Role } from './role.js';

/** Whoever sent a request. */
export interface Caller {
  readonly role: Role;
  /** Row id of its token; null for AZIMUTH_TOKEN, and on an open server. */
  readonly tokenId: string | null;
  /** When its token expires; null for never. */
  readonly expiresAt: Date | null;
}

/** Everybody, where no tokens are asked for; also who holds AZIMUTH_TOKEN. */
export const ADMINISTRATOR: Caller = { role: 'ADMIN', tokenId: null, expiresAt: null };
