import { Arg, Ctx, Field, ID, InputType, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { Role } from '../../access/role.js';
import { hashOf, newSecret } from '../../access/secret.js';
import { checkInteger, checkText } from '../checks.js';
import type { RequestContext } from '../context.js';
import { notFound } from '../errors.js';
import { rowIdOf } from '../ids.js';
import { Needs } from '../needs.js';
import { CreatedToken, Token, TokenRole } from './token.type.js';

const DAYS_MAX = 3650;
const DAY_MS = 86_400_000;

@InputType({ description: 'The token to make.' })
export class CreateTokenInput {
  @Field(() => String, { description: 'Who it is for; 1 to 120 characters.' })
  name!: string;

  @Field(() => TokenRole, { description: 'What it may do.' })
  role!: Role;

  @Field(() => Int, { nullable: true, description: `How long it counts, 1 to ${DAYS_MAX} days; for ever if left out.` })
  expiresInDays?: number | null;
}

@Resolver()
export class TokenResolver {
  @Needs('ADMIN')
  @Query(() => [Token], { description: 'All tokens, the newest first, revoked and expired ones too.' })
  async tokens(@Ctx() { storage }: RequestContext): Promise<Token[]> {
    return (await storage.tokens.all()).map((row) => new Token(row));
  }

  @Needs('ADMIN')
  @Mutation(() => CreatedToken, { description: 'Makes a token. Its secret is shown this once.' })
  async createToken(
    @Arg('input', () => CreateTokenInput) { name, role, expiresInDays }: CreateTokenInput,
    @Ctx() { storage }: RequestContext,
  ): Promise<CreatedToken> {
    const days =
      expiresInDays == null ? null : checkInteger('input.expiresInDays', expiresInDays, { min: 1, max: DAYS_MAX });
    const secret = newSecret();
    const row = await storage.tokens.create({
      name: checkText('input.name', name, { min: 1, max: 120 }),
      role,
      expiresAt: days === null ? null : new Date(Date.now() + days * DAY_MS),
      hash: hashOf(secret),
    });
    return { token: new Token(row), secret };
  }

  @Needs('ADMIN')
  @Mutation(() => Token, {
    description: 'Ends a token: it is refused from now on, and its sockets are closed on every node within a second.',
  })
  async revokeToken(@Arg('id', () => ID) id: string, @Ctx() { storage }: RequestContext): Promise<Token> {
    const row = await storage.tokens.revoke(rowIdOf('Token', 'id', id));
    if (row === null) throw notFound('Token', id);
    return new Token(row);
  }
}
