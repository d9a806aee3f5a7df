import type {
  GradientCheck,
  ImportReport,
  MemoryReport,
  ModelDescription,
  SampleCheck,
} from '../../src/engine/index.js';

/** Everything that the doctor found; what was not asked for is null. */
export interface Findings {
  readonly description: ModelDescription;
  readonly memory: MemoryReport;
  readonly gradients: GradientCheck | null;
  readonly samples: SampleCheck | null;
}

/** Tensors named before the rest is only counted. */
const NAMED = 10;

/** A report that people read: one heading a line, what belongs to it indented. */
export function reportText({ description, memory, gradients, samples }: Findings): string {
  const { report, hash, resolution, channels, hShape } = description;
  const warnings = warningsOf({ description, memory, gradients, samples });
  return [
    `${report.format}, ${channels} × ${resolution} × ${resolution}, ${count(report.weights.parameters)} parameters, hash ${hash}`,
    ...section(
      'Files',
      report.files.map(({ path, bytes }) => `${path}  ${mebibytes(bytes)}`),
    ),
    ...section('Configuration', table(report.config.map(({ key, value, meaning }) => [key, value, meaning]))),
    ...section('Weights', weightLines(report.weights)),
    ...section(
      `h, of shape ${hShape.join(' × ')}`,
      report.taps.map(({ name, shape, chosen, why }) => `${chosen ? '→' : ' '} ${name}  [${shape}]  ${why}`),
    ),
    ...section('Schedule', [report.schedule.meaning]),
    ...section('Time', [`one sample through the UNet: ${report.secondsPerForward.toPrecision(2)} s`]),
    ...section('Memory', [
      `an edit: ${mebibytes(memory.editingBytes)}; a discovery at the defaults: ${mebibytes(memory.trainingBytes)}; to be had: ${mebibytes(memory.usableBytes)}`,
    ]),
    ...section(
      'Self-check',
      [gradients, samples].map((check) => (check ? `${check.verdict}  ${check.message}` : 'not asked for')),
    ),
    ...section('Warnings', warnings.length > 0 ? warnings : ['none']),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function weightLines({ matched, ignored, bytes }: ImportReport['weights']): string[] {
  const more = ignored.length > NAMED ? [`… and ${ignored.length - NAMED} more`] : [];
  return [
    `${matched} tensors matched, ${mebibytes(bytes)} as float32`,
    ...(ignored.length > 0
      ? [`${ignored.length} left out:`, ...ignored.slice(0, NAMED).map((name) => `  ${name}`), ...more]
      : []),
  ];
}

function warningsOf({ description, memory, gradients, samples }: Findings): string[] {
  const failed = [gradients, samples].flatMap((check) => (check?.verdict === 'FAILED' ? check.message : []));
  const advice = memory.advice ? [`A discovery at the defaults does not fit. ${memory.advice}`] : [];
  return [...description.report.warnings, ...failed, ...advice];
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1].map((column) => Math.min(40, Math.max(0, ...rows.map((row) => row[column]?.length ?? 0))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function mebibytes(bytes: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
