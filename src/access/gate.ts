import { timingSafeEqual } from 'node:crypto';
import { SettingError } from '../roles.js';
import type { TokenStore } from '../storage/types.js';
import { ADMINISTRATOR, type Caller } from './caller.js';
import { AccessError } from './errors.js';
import { hashOf } from './secret.js';
import type { AccessSettings } from './settings.js';

/** Who a token stands for. Each request asks the database, so that a revoked token ends at once on every node. */
export class Gate {
  private readonly bootstrapHash: string | null;

  constructor(
    private readonly settings: Pick<AccessSettings, 'tokens' | 'bootstrapToken'>,
    private readonly tokens: TokenStore,
  ) {
    const { bootstrapToken } = settings;
    this.bootstrapHash = bootstrapToken === null ? null : hashOf(bootstrapToken);
  }

  /** Null for no token where one is asked for; UNAUTHENTICATED for one that does not count. */
  async callerOf(secret: string | null): Promise<Caller | null> {
    if (!this.settings.tokens) return ADMINISTRATOR;
    if (secret === null) return null;
    const hash = hashOf(secret);
    if (this.isBootstrap(hash)) return ADMINISTRATOR;
    const row = await this.tokens.valid(hash);
    if (row === null) throw AccessError.badToken();
    return { role: row.role, tokenId: row.id, expiresAt: row.expiresAt };
  }

  /** Throws unless there is a token that anybody could come in with. */
  async requireSomeToken(): Promise<void> {
    if (!this.settings.tokens || this.bootstrapHash !== null || (await this.tokens.some())) return;
    throw new SettingError(
      'Tokens are asked for, and there is none yet. Make one, which is shown once:\n\n' +
        '    npm run -s azimuth -- token create --role admin --name first\n\n' +
        'or set AZIMUTH_TOKEN to an administrator’s token of your own (openssl rand -hex 32).',
    );
  }

  private isBootstrap(hash: string): boolean {
    return this.bootstrapHash !== null && timingSafeEqual(Buffer.from(hash), Buffer.from(this.bootstrapHash));
  }
}
