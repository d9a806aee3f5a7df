import { Field, ID, InterfaceType } from 'type-graphql';
import { globalId, type NodeType } from '../ids.js';

@InterfaceType({ description: 'Anything that can be fetched again by its id.' })
export abstract class Node {
  @Field(() => ID, { description: 'Opaque, unique among all types, and stable.' })
  readonly id: string;

  constructor(type: NodeType, rowId: string) {
    this.id = globalId(type, rowId);
  }
}
