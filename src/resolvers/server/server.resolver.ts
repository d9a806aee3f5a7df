import { Ctx, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { ServerInfo } from './server.type.js';

@Resolver()
export class ServerResolver {
  @Query(() => ServerInfo, { description: 'Version, devices and load of this server.' })
  async server(@Ctx() { storage, version }: RequestContext): Promise<ServerInfo> {
    return { version, ...(await storage.status.server()) };
  }
}
