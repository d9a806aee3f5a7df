import { Field, Int, ObjectType } from 'type-graphql';
import type { DeviceRow } from '../../storage/types.js';

@ObjectType({ description: 'A kind of device that the engine can compute on.' })
export class Device implements DeviceRow {
  @Field(() => String, { description: 'cpu, cuda, webgpu, coreml or dml.' })
  name!: string;

  @Field(() => Boolean, { description: 'Whether it can be used here.' })
  available!: boolean;

  @Field(() => String, { description: 'Why it can, or cannot, or was not taken.' })
  reason!: string;

  @Field(() => Boolean, { description: 'Whether it is the one in use.' })
  chosen!: boolean;
}

@ObjectType({ description: 'The state of this server.' })
export class ServerInfo {
  @Field(() => String, { description: "Azimuth's version." })
  version!: string;

  @Field(() => [Device], { description: 'As the newest worker reported them; empty before one has.' })
  devices!: readonly Device[];

  @Field(() => Int, { description: 'Workers alive in the last 10 seconds.' })
  workers!: number;

  @Field(() => Int, { description: 'Discoveries that wait for a worker.' })
  queuedDiscoveries!: number;

  @Field(() => Int, { description: 'Edits that wait for a worker.' })
  queuedEdits!: number;
}
