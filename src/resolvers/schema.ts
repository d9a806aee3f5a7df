import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { DirectionResolver, MergedOutResolver, MergedPartResolver } from './direction/direction.resolver.js';
import { DiscoveryResolver } from './discovery/discovery.resolver.js';
import {
  ScorecardUpdatedResolver,
  TrainingPreviewResolver,
  TrainingProgressResolver,
} from './discovery/training-event.resolver.js';
import { EditResolver, ProvenanceShiftResolver, ShiftResolver } from './edit/edit.resolver.js';
import { EditFinishedResolver, EditFrameResolver, EditProgressResolver } from './edit/edit-event.resolver.js';
import { ImageResolver } from './image/image.resolver.js';
import { ImportProgressResolver } from './model/import-event.resolver.js';
import { ModelResolver } from './model/model.resolver.js';
import { rolesOf } from './needs.js';
import { NodeResolver } from './node/node.resolver.js';
import { ServerResolver } from './server/server.resolver.js';
import { TokenResolver } from './token/token.resolver.js';

/** type-graphql asks for one even where every subscription brings its own `subscribe`; nothing ever calls it. */
const UNUSED_PUB_SUB = {
  publish(): void {},
  subscribe(): AsyncIterable<never> {
    throw new Error('Subscriptions follow the event log; there is no publish/subscribe.');
  },
};

/** Throws where a query, mutation or subscription does not say who may use it. */
export function createSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      NodeResolver,
      ServerResolver,
      ModelResolver,
      ImportProgressResolver,
      DirectionResolver,
      MergedPartResolver,
      MergedOutResolver,
      DiscoveryResolver,
      TrainingProgressResolver,
      TrainingPreviewResolver,
      ScorecardUpdatedResolver,
      EditResolver,
      ShiftResolver,
      ProvenanceShiftResolver,
      EditProgressResolver,
      EditFrameResolver,
      EditFinishedResolver,
      ImageResolver,
      TokenResolver,
    ],
    pubSub: UNUSED_PUB_SUB,
    // Inputs are checked where their ranges are known: in the resolvers.
    validate: false,
  });
  rolesOf(schema);
  return schema;
}
