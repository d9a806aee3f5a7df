import type { Role } from './role.js';

/** A caller that may not do what it asks for; `code` is the API's error code. */
export class AccessError extends Error {
  override readonly name = 'AccessError';

  private constructor(
    readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN',
    message: string,
  ) {
    super(message);
  }

  static noToken(): AccessError {
    return new AccessError(
      'UNAUTHENTICATED',
      'A token is needed: send it as "Authorization: Bearer …", or in connection_init as {"token": "…"}.',
    );
  }

  /** One message for a token that never was, was revoked or has expired: which of them concerns its owner alone. */
  static badToken(): AccessError {
    return new AccessError(
      'UNAUTHENTICATED',
      'The token is unknown, revoked or expired. Ask an administrator for another.',
    );
  }

  static role(what: string, needed: Role, role: Role): AccessError {
    return new AccessError('FORBIDDEN', `${what} needs the role ${needed}; the token has ${role}.`);
  }

  static because(message: string): AccessError {
    return new AccessError('FORBIDDEN', message);
  }
}
