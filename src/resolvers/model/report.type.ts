import { Field, Float, Int, ObjectType } from 'type-graphql';
import type {
  GradientCheckRow,
  MemoryReportRow,
  ModelReportRow,
  ModelStageRow,
  SampleCheckRow,
} from '../../storage/types.js';
import { CheckVerdict, ModelStageName, ModelStageStatus } from '../enums.js';

/** The fields have the names of the rows that they come from, so that these go out as they are. */

@ObjectType({ description: 'A file that the model was read from.' })
export class ModelFile {
  @Field(() => String, { description: "Its path on the server's disk." })
  path!: string;

  @Field(() => Float, { name: 'byteSize', description: 'Its size in bytes.' })
  bytes!: number;
}

@ObjectType({ description: "One entry of the model's configuration, as it was understood." })
export class ConfigFinding {
  @Field(() => String, { description: 'Its key, as in the file.' })
  key!: string;

  @Field(() => String, { description: 'Its value.' })
  value!: string;

  @Field(() => String, { description: 'What it means for the model.' })
  meaning!: string;
}

@ObjectType({ description: 'The weights: all that the model needs were found, or the import would have failed.' })
export class WeightReport {
  @Field(() => Int, { description: 'Tensors that are part of the model.' })
  matched!: number;

  @Field(() => [String], { description: 'Tensors of the files that are not, by name.' })
  ignored!: readonly string[];

  @Field(() => Float, { name: 'parameterCount', description: 'Numbers in the matched ones.' })
  parameters!: number;

  @Field(() => Float, { name: 'byteSize', description: 'Their size as float32, as the engine holds them.' })
  bytes!: number;
}

@ObjectType({ description: 'A place where h can be read: pass its name as `hTap` to importModel.' })
export class TapFinding {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => [Int], { description: "Shape of one sample's h there: channels, height, width." })
  shape!: readonly number[];

  @Field(() => Boolean, { description: 'Whether it is the one in use.' })
  chosen!: boolean;

  @Field(() => String, { description: 'Why it is a candidate, and why it was (not) chosen.' })
  why!: string;
}

@ObjectType({ description: 'The noise schedule, as it was understood.' })
export class ScheduleReport {
  @Field(() => Int, { description: 'Timesteps of its training.' })
  trainTimesteps!: number;

  @Field(() => String, { description: 'Name of the schedule.' })
  betaSchedule!: string;

  @Field(() => String, { description: 'epsilon, v_prediction or sample.' })
  predictionType!: string;

  @Field(() => String, { description: 'leading, trailing or linspace.' })
  timestepSpacing!: string;

  @Field(() => Float, { description: 'ᾱ of the first training timestep: 1 is a clean image.' })
  firstAlphaBar!: number;

  @Field(() => Float, { description: 'ᾱ of the last training timestep: 0 is pure noise.' })
  lastAlphaBar!: number;

  @Field(() => String, { description: 'All of it in sentences.' })
  meaning!: string;
}

@ObjectType({ description: 'Memory that work with the model takes on a CPU, foretold from the shapes of its graphs.' })
export class MemoryReport implements MemoryReportRow {
  @Field(() => Float, { description: 'One edit, beyond what the worker takes anyway.' })
  editingBytes!: number;

  @Field(() => Float, { description: 'A discovery at the defaults; see estimateDiscovery for others.' })
  trainingBytes!: number;

  @Field(() => Float, { description: 'What could be had when this was looked at.' })
  usableBytes!: number;

  @Field(() => String, { nullable: true, description: 'What to change for a discovery to fit; null where it fits.' })
  advice!: string | null;
}

@ObjectType({ description: "Whether the engine's gradients of this model are right, by finite differences." })
export class GradientCheck implements GradientCheckRow {
  @Field(() => CheckVerdict, { description: 'FAILED: do not trust discoveries on it.' })
  verdict!: GradientCheckRow['verdict'];

  @Field(() => Int, { description: 'Pixels on a side of the input that was checked, at most 64.' })
  inputSize!: number;

  @Field(() => Float, { nullable: true, description: 'Relative disagreement along a random change of the image.' })
  errorByX!: number | null;

  @Field(() => Float, { nullable: true, description: 'Relative disagreement along a random change of h.' })
  errorByH!: number | null;

  @Field(() => String, { description: 'The same in a sentence.' })
  message!: string;
}

@ObjectType({ description: 'Whether unedited samples can be images: finite, in range, not of one colour.' })
export class SampleCheck implements SampleCheckRow {
  @Field(() => CheckVerdict, { description: 'FAILED: look at `samples`.' })
  verdict!: SampleCheckRow['verdict'];

  @Field(() => Int, { description: 'Samples looked at.' })
  count!: number;

  @Field(() => Int, { description: 'Sampling steps of each.' })
  samplingSteps!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Smallest value; images lie in -1 to 1. Null where one is not finite.',
  })
  min!: number | null;

  @Field(() => Float, { nullable: true, description: 'Largest value. Null where one is not finite.' })
  max!: number | null;

  @Field(() => Float, { nullable: true, description: 'Mean value. Null where one is not finite.' })
  mean!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Standard deviation of all values. Null where one is not finite.',
  })
  deviation!: number | null;

  @Field(() => String, { description: 'The same in a sentence.' })
  message!: string;
}

@ObjectType({ description: 'Something that is done of a model after its import.' })
export class ModelStage implements Omit<ModelStageRow, 'modelId'> {
  @Field(() => ModelStageName, { description: 'What.' })
  name!: ModelStageRow['name'];

  @Field(() => ModelStageStatus, { description: 'How far.' })
  status!: ModelStageRow['status'];

  @Field(() => Float, { description: 'How much is done, in the unit of `total`.' })
  done!: number;

  @Field(() => Float, { description: 'How much there is to do.' })
  total!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Seconds for all of it: from one forward pass at first, then at the pace so far. Null where unknown.',
  })
  estimatedSeconds!: number | null;

  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  message!: string | null;
}

@ObjectType({
  description: "The import doctor's findings. What is slow to measure is null until it is known; see `Model.stages`.",
})
export class ModelReport {
  constructor(private readonly row: ModelReportRow) {}

  @Field(() => String, { description: 'Kind of file or folder, as docs/models.md names it.' })
  get format(): string {
    return this.row.format;
  }

  @Field(() => [ModelFile], { description: 'What it was read from.' })
  get files(): readonly ModelFile[] {
    return this.row.files;
  }

  @Field(() => [ConfigFinding], { description: 'Every value of its configuration, with its meaning.' })
  get config(): readonly ConfigFinding[] {
    return this.row.config;
  }

  @Field(() => WeightReport, { description: 'What was matched and what was not.' })
  get weights(): WeightReport {
    return this.row.weights;
  }

  @Field(() => [TapFinding], { description: 'Places where h can be read.' })
  get taps(): readonly TapFinding[] {
    return this.row.taps;
  }

  @Field(() => ScheduleReport, { description: 'The noise schedule.' })
  get schedule(): ScheduleReport {
    return this.row.schedule;
  }

  @Field(() => Float, { description: 'Seconds of one sample through the UNet, on the device in use at the import.' })
  get secondsPerForward(): number {
    return this.row.secondsPerForward;
  }

  @Field(() => MemoryReport, { nullable: true, description: 'Memory of edits and of training.' })
  get memory(): MemoryReport | null {
    return this.row.memory;
  }

  @Field(() => GradientCheck, { nullable: true, description: 'The self-check of gradients.' })
  get gradients(): GradientCheck | null {
    return this.row.gradients;
  }

  @Field(() => SampleCheck, { nullable: true, description: 'A look at the samples of the gallery.' })
  get samples(): SampleCheck | null {
    return this.row.samples;
  }

  @Field(() => [String], { description: 'What to know before relying on the model; whole sentences.' })
  get warnings(): readonly string[] {
    const { warnings, memory, gradients, samples } = this.row;
    const failed = [gradients, samples].flatMap((check) => (check?.verdict === 'FAILED' ? check.message : []));
    return [
      ...warnings,
      ...failed,
      ...(memory?.advice ? [`A discovery at the defaults does not fit. ${memory.advice}`] : []),
    ];
  }
}
