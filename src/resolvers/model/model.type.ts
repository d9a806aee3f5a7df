import { Field, Int, ObjectType } from 'type-graphql';
import type { ModelRow } from '../../storage/types.js';
import { connectionType } from '../connections.js';
import { ModelStatus } from '../enums.js';
import { Node } from '../node/node.type.js';
import { RunError } from '../runs.js';
import { ModelReport } from './report.type.js';

@ObjectType({ implements: Node, description: 'A pre-trained diffusion UNet.' })
export class Model extends Node {
  constructor(readonly row: ModelRow) {
    super('Model', row.id);
  }

  @Field(() => String, { description: 'Its name, as given at import.' })
  get name(): string {
    return this.row.name;
  }

  @Field(() => ModelStatus, {
    description: 'Only a READY model can be used; what is measured below is 0 or empty before.',
  })
  get status(): ModelRow['status'] {
    return this.row.status;
  }

  @Field(() => RunError, { nullable: true, description: 'Why the import failed.' })
  get error(): RunError | null {
    return this.row.error;
  }

  @Field(() => String, { description: 'The path, or hub:owner/name@commit, that it was imported from.' })
  get source(): string {
    return this.row.source;
  }

  @Field(() => ModelReport, {
    nullable: true,
    description: "The import doctor's findings; null until the model is READY.",
  })
  get report(): ModelReport | null {
    return this.row.report && new ModelReport(this.row.report);
  }

  @Field(() => String, { nullable: true, description: 'SHA-256 (hex) of its configuration and weights.' })
  get hash(): string | null {
    return this.row.hash;
  }

  @Field(() => Int, { description: 'Width and height of its images, in pixels.' })
  get resolution(): number {
    return this.row.resolution;
  }

  @Field(() => Int, { description: 'Channels of its images: 3 is RGB.' })
  get channels(): number {
    return this.row.channels;
  }

  @Field(() => Int, { description: 'Number of weights.' })
  get parameterCount(): number {
    return this.row.parameterCount;
  }

  @Field(() => [Int], { description: "Shape of one sample's h: channels, height, width." })
  get hShape(): readonly number[] {
    return this.row.hShape;
  }

  @Field(() => String, { description: 'Name of the module whose output is h.' })
  get hTap(): string {
    return this.row.hTap;
  }

  @Field(() => Int, {
    description: 'Number of timesteps of its noise schedule; the most that an edit can sample with.',
  })
  get trainTimesteps(): number {
    return this.row.trainTimesteps;
  }

  @Field(() => String, { description: 'Name of its noise schedule, as in the scheduler configuration.' })
  get betaSchedule(): string {
    return this.row.betaSchedule;
  }

  @Field(() => String, { description: 'What it predicts: epsilon, v_prediction or sample.' })
  get predictionType(): string {
    return this.row.predictionType;
  }
}

export const ModelConnection = connectionType('Model', Model);
