import { expect, it } from 'vitest';
import { SampleInspector } from '../../../src/engine/doctor/sample-check.js';

const wave = (amplitude: number, offset = 0) =>
  Float32Array.from({ length: 1000 }, (_, at) => offset + amplitude * Math.sin((2 * Math.PI * at) / 100));

function check(...samples: Float32Array[]) {
  const inspector = new SampleInspector();
  for (const sample of samples) inspector.add(sample);
  return inspector.check(20);
}

it('passes samples within the range of images, and measures them together', () => {
  const found = check(wave(1), wave(1));
  expect(found).toMatchObject({ verdict: 'PASSED', count: 2, samplingSteps: 20 });
  expect(found.min).toBeCloseTo(-1, 5);
  expect(found.max).toBeCloseTo(1, 5);
  expect(found.mean).toBeCloseTo(0, 5);
  // Of a sine.
  expect(found.deviation).toBeCloseTo(Math.SQRT1_2, 5);
});

it.each([
  ['of one colour', [wave(1), wave(0, 0.3)], /1 of them are of one colour/],
  ['out of range', [wave(50)], /from -50.0 to 50.0.* prediction type/],
  ['not finite', [wave(Number.NaN), wave(1)], /1000 values that are not finite/],
])('fails samples %s', (_, samples, message) => {
  const found = check(...samples);
  expect(found.verdict).toBe('FAILED');
  expect(found.message).toMatch(message);
});

it('gives no numbers that are none', () => {
  expect(check(wave(Number.POSITIVE_INFINITY))).toMatchObject({ min: null, max: null, mean: null, deviation: null });
});
