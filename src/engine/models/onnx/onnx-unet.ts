import type { DiffusionModel, Encoded } from '../../diffusion/model.js';
import { EngineError } from '../../errors.js';
import type { Value } from '../../graph/graph.js';
import { sizeOf } from '../../graph/tensor.js';
import { Tape } from '../../ops/tape.js';
import { type Dependence, dependence } from './dependence.js';
import type { HostTensor } from './host-tensor.js';
import type { UNetInputs } from './inputs.js';
import type { OnnxFile } from './onnx-file.js';
import { Recorder, type Survey } from './recorder.js';
import { findTap, type TapChoice } from './tap.js';
import { TimestepPath, timeEmbedding, timestepTensor } from './timestep-path.js';

/** A UNet that a file's graph holds, cut at its time embedding and at h; recorded for any batch. */
export class OnnxUNet implements Pick<DiffusionModel, 'encode' | 'decode' | 'timestepFeatures'> {
  readonly tap: TapChoice;
  readonly recorder: Recorder;
  readonly embedding: string;
  /** Numbers in one row of the time embedding. */
  readonly featureCount: number;
  private readonly graph: Dependence;
  private readonly reference: Survey;
  private readonly surveys = new Map<number, Survey>();
  private readonly path: TimestepPath;
  /** Names of what the decoder reads from the encoder, h and time embedding aside. */
  private readonly skips: readonly string[];

  constructor(
    private readonly file: OnnxFile,
    readonly inputs: UNetInputs,
    wantedTap: string | undefined,
  ) {
    const { sample, timestep, output, batch } = inputs;
    const names = { sample: sample.name, timestep: timestep.name, output };
    this.graph = dependence(file.nodes, file.initializers, names);
    if (!this.graph.data.has(output)) throw this.invalid(`output ${output} does not depend on ${sample.name}`);
    const embedding = timeEmbedding(this.graph, timestep.name);
    if (embedding === null) throw this.invalid(`${timestep.name} has no influence on ${output}`);
    this.embedding = embedding;
    this.recorder = new Recorder(file, this.graph, batch);
    this.reference = this.survey(batch, null);
    this.surveys.set(batch, this.reference);
    this.featureCount = this.rowWidth(this.shape(embedding));
    // A second batch shows whether samples stay apart.
    this.surveyed(batch + 1);
    this.checkOutput();
    this.path = new TimestepPath(file.where, this.graph, timestep, embedding, batch, (name) => this.constant(name));
    this.tap = findTap(file.where, this.graph, this.reference, names, wantedTap);
    this.skips = this.decoderReads();
  }

  /** In the export's own batch. */
  shape(name: string): readonly number[] {
    return this.reference.shapes.get(name) ?? [];
  }

  timestepFeatures(timestep: number) {
    return this.path.features(timestep, this.featureCount);
  }

  encode(tape: Tape, x: Value, features: Value): Encoded {
    const batch = x.shape[0] ?? 1;
    const survey = this.surveyed(batch);
    const given = new Map([
      [this.inputs.sample.name, x],
      [this.embedding, this.opened(tape, features, batch)],
    ]);
    const targets = [this.tap.name, ...this.skips];
    const made = this.recorder.record(tape, batch, survey, this.reference.shapes, given, targets);
    const value = (name: string) => made.get(name) as Value;
    return { h: value(this.tap.name), skips: this.skips.map(value), temb: features };
  }

  decode(tape: Tape, h: Value, { skips, temb }: Encoded): Value {
    const { output, channels } = this.inputs;
    const batch = h.shape[0] ?? 1;
    const given = new Map([
      ...this.skips.map((name, at) => [name, skips[at] as Value] as const),
      [this.tap.name, h],
      [this.embedding, this.opened(tape, temb, batch)],
    ]);
    const survey = this.surveyed(batch);
    const made = this.recorder.record(tape, batch, survey, this.reference.shapes, given, [output]);
    // Models of learned variance: the first C channels predict the image, the rest its variance.
    return tape.slice(made.get(output) as Value, [0], [channels], [1]);
  }

  private invalid(message: string): EngineError {
    return new EngineError('MODEL_INVALID', `${this.file.where}: ${message}.`);
  }

  private constant(name: string): HostTensor | null {
    return this.reference.hosts.get(name) ?? this.recorder.constant(name);
  }

  private surveyed(batch: number): Survey {
    const known = this.surveys.get(batch) ?? this.survey(batch, this.reference.shapes);
    this.surveys.set(batch, known);
    return known;
  }

  private survey(batch: number, reference: Survey['shapes'] | null): Survey {
    const { sample, timestep } = this.inputs;
    const tape = new Tape();
    const x = tape.input(sample.name, [batch, ...this.inputs.sampleShape]);
    const start = new Map([
      [sample.name, { value: x }],
      [timestep.name, { host: timestepTensor(timestep, batch, 0) }],
    ]);
    const open = ({ shape }: HostTensor) => {
      const width = this.rowWidth(reference?.get(this.embedding) ?? shape);
      return this.opened(tape, tape.input('features', [1, width]), batch, reference?.get(this.embedding) ?? shape);
    };
    return this.recorder.survey(batch, reference, start, { name: this.embedding, open }, tape);
  }

  /** Whether the embedding has a row for each sample of the export's batch. */
  private isBatched(shape: readonly number[]): boolean {
    return this.inputs.batch > 1 && shape[0] === this.inputs.batch;
  }

  private rowWidth(shape: readonly number[]): number {
    return sizeOf(shape) / (this.isBatched(shape) ? this.inputs.batch : 1);
  }

  /** Features `[1 or N, width]` in the form of the embedding: with a row a sample where the export had one. */
  private opened(tape: Tape, features: Value, batch: number, shape = this.shape(this.embedding)): Value {
    const [rows = 1, width = 1] = features.shape;
    const rest = shape.slice(1);
    const spread = this.isBatched(shape) && rows === 1 ? tape.expand(features, [batch, width]) : features;
    const leads = this.isBatched(shape) || (shape[0] === 1 && shape.length > 1);
    return tape.reshape(spread, leads ? [spread.shape[0] ?? 1, ...rest] : shape);
  }

  private checkOutput(): void {
    const { output, channels, sampleShape } = this.inputs;
    const [, made = 0, ...extent] = this.shape(output);
    const fits = extent.join() === sampleShape.slice(1).join() && (made === channels || made === 2 * channels);
    if (!fits)
      throw this.invalid(
        `output ${output}: expected [N,${channels} or ${2 * channels},${sampleShape.slice(1)}], got [${this.shape(output)}]`,
      );
  }

  private decoderReads(): string[] {
    const { nodes, data } = this.graph;
    const after = new Set([this.tap.name]);
    const reads = new Set<string>();
    for (const node of nodes) {
      if (!node.inputs.some((name) => after.has(name))) continue;
      for (const name of node.outputs) if (data.has(name)) after.add(name);
    }
    for (const node of nodes) {
      if (!node.outputs.some((name) => after.has(name)) || node.outputs.includes(this.tap.name)) continue;
      for (const name of node.inputs) if (data.has(name) && !after.has(name)) reads.add(name);
    }
    return [...reads];
  }
}
