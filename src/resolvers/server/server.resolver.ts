import { Ctx, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { Needs } from '../needs.js';
import { ServerInfo } from './server.type.js';

@Resolver()
export class ServerResolver {
  @Needs('READ')
  @Query(() => ServerInfo, { description: 'Version, devices and load of this server.' })
  async server(@Ctx() { storage, version }: RequestContext): Promise<ServerInfo> {
    return { version, ...(await storage.status.server()) };
  }
}
