import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { Role } from '../../access/role.js';
import type { TokenRow } from '../../storage/types.js';
import { globalId } from '../ids.js';

export const TokenRole = { READ: 'READ', EDIT: 'EDIT', TRAIN: 'TRAIN', ADMIN: 'ADMIN' } as const satisfies {
  readonly [Name in Role]: Name;
};
registerEnumType(TokenRole, {
  name: 'TokenRole',
  description: 'What a token may do. Each role may do what those before it may.',
  valuesConfig: {
    READ: { description: 'Look: queries, subscriptions, images and direction files.' },
    EDIT: { description: 'Upload images, start and cancel edits and sweeps, name and export directions.' },
    TRAIN: { description: 'Start, pause and cancel discoveries; import and merge directions.' },
    ADMIN: { description: 'Import models; make and revoke tokens.' },
  },
});

@ObjectType({ description: 'A bearer token, without its secret, of which only a hash is kept.' })
export class Token {
  constructor(private readonly row: TokenRow) {}

  @Field(() => ID, { description: 'For `revokeToken`.' })
  get id(): string {
    return globalId('Token', this.row.id);
  }

  @Field(() => String, { description: 'As it was given.' })
  get name(): string {
    return this.row.name;
  }

  @Field(() => TokenRole, { description: 'What it may do.' })
  get role(): Role {
    return this.row.role;
  }

  @Field(() => GraphQLDateTime, { description: 'When it was made, UTC.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => GraphQLDateTime, { nullable: true, description: 'From when on it is refused; null for never.' })
  get expiresAt(): Date | null {
    return this.row.expiresAt;
  }

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'Since when it is refused; null if it was not revoked.',
  })
  get revokedAt(): Date | null {
    return this.row.revokedAt;
  }
}

@ObjectType({ description: 'A token that has just been made.' })
export class CreatedToken {
  @Field(() => Token, { description: 'The token.' })
  token!: Token;

  @Field(() => String, { description: 'Its secret, shown this once: for `Authorization: Bearer <secret>`.' })
  secret!: string;
}
