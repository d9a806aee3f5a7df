/** What a token may do; each role may do what those before it may. SECURITY.md says what that is. */
export const ROLES = ['READ', 'EDIT', 'TRAIN', 'ADMIN'] as const;
export type Role = (typeof ROLES)[number];

/** Whether `role` may do what needs `needed`. */
export function allows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
