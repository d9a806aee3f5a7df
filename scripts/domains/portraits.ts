import type { Canvas } from './canvas.js';
import { type Colour, gradient, hsv, scaled } from './colour.js';
import { domainOf } from './domain.js';

const SKIN: [Colour, ...Colour[]] = [
  [0.99, 0.87, 0.77],
  [0.9, 0.7, 0.54],
  [0.62, 0.42, 0.29],
  [0.34, 0.22, 0.16],
];
const HAIR: [Colour, ...Colour[]] = [
  [0.09, 0.07, 0.08],
  [0.38, 0.2, 0.1],
  [0.78, 0.38, 0.13],
  [0.96, 0.83, 0.48],
];
const SHIRT: Colour = [0.25, 0.3, 0.42];
const INK: Colour = [0.1, 0.08, 0.1];
const WHITE: Colour = [1, 1, 1];
const LIPS: Colour = [0.62, 0.13, 0.18];

const FACE_Y = 0.1;
const FACE_HALF_HEIGHT = 0.6;
const EYE_X = 0.2;
const EYE_Y = FACE_Y - 0.04;
const MOUTH_HALF_WIDTH = 0.2;
const LENS_RADIUS = 0.165;
const RIM_HALF_WIDTH = 0.026;

const kinds = {
  background_hue: 'circular',
  skin_tone: 'continuous',
  hair_tone: 'continuous',
  hair_length: 'continuous',
  face_width: 'continuous',
  yaw: 'continuous',
  smile: 'continuous',
  mouth_open: 'continuous',
  eye_size: 'continuous',
  glasses: 'binary',
} as const;

type Of = (factor: keyof typeof kinds) => number;

/**
 * Cartoon portraits. The definition is the numpy renderer that drew the training set of the shipped model; 64 of its
 * images are the test. Painted from back to front.
 */
export const portraits = domainOf({
  name: 'portraits',
  resolution: 32,
  factors: kinds,
  odds: 0.35,
  paint(canvas, of) {
    canvas.clear(hsv(of('background_hue'), 0.45, 0.92));
    const halfWidth = 0.4 + 0.16 * of('face_width');
    const yaw = (of('yaw') * 2 - 1) * 0.16;
    paintHead(canvas, of, halfWidth, yaw);
    paintEyes(canvas, of('eye_size'), yaw);
    canvas.ellipse(yaw * 1.25, FACE_Y + 0.15, 0.045, 0.06, canvas.mix(scaled(gradient(of('skin_tone'), SKIN), 0.8)));
    paintMouth(canvas, of, halfWidth, yaw);
    if (of('glasses') > 0.5) paintGlasses(canvas, yaw);
  },
});

/** Half the height of the face at x, an ellipse. */
function faceHalfHeight(x: number, halfWidth: number): number {
  return FACE_HALF_HEIGHT * Math.sqrt(1 - (x / halfWidth) ** 2);
}

function paintHead(canvas: Canvas, of: Of, halfWidth: number, yaw: number): void {
  const skinTone = gradient(of('skin_tone'), SKIN);
  const skin = canvas.mix(skinTone);
  const hair = canvas.mix(gradient(of('hair_tone'), HAIR));
  // Behind the head: a cap, falling to a length.
  const [capX, capY] = [halfWidth + 0.16, FACE_Y - 0.12];
  const bottom = -0.05 + 0.95 * of('hair_length');
  canvas.ellipse(0, capY, capX, FACE_HALF_HEIGHT + 0.02, hair, Math.min(capY, bottom));
  canvas.rectangle(-capX, capX, capY, bottom, hair);
  canvas.rectangle(-0.17, 0.17, 0.5, 1, canvas.mix(scaled(skinTone, 0.88)));
  canvas.ellipse(0, 1.25, 0.72, 0.42, canvas.mix(SHIRT));
  canvas.ellipse(0, FACE_Y, halfWidth, FACE_HALF_HEIGHT, skin);
  canvas.between(
    -halfWidth,
    halfWidth,
    (x) => FACE_Y - faceHalfHeight(x, halfWidth),
    (x) => Math.min(FACE_Y + faceHalfHeight(x, halfWidth), FACE_Y - 0.3 - 0.1 * Math.cos(x * 2.2 + yaw)),
    hair,
  );
}

function paintEyes(canvas: Canvas, size: number, yaw: number): void {
  const radius = 0.055 + 0.065 * size;
  const [white, ink] = [canvas.mix(WHITE), canvas.mix(INK)];
  for (const x of [yaw - EYE_X, yaw + EYE_X]) {
    canvas.ellipse(x, EYE_Y, radius * 1.15, radius, white);
    canvas.ellipse(x + yaw * 0.15, EYE_Y, radius * 0.62, radius * 0.72, ink);
  }
}

/** A band around a parabola, within the face. */
function paintMouth(canvas: Canvas, of: Of, halfWidth: number, yaw: number): void {
  const bend = (of('smile') * 2 - 1) * 0.14;
  const opening = 0.03 + 0.085 * of('mouth_open');
  const across = (x: number) => ((x - yaw) / MOUTH_HALF_WIDTH) ** 2;
  const middle = (x: number) => FACE_Y + 0.36 + bend * (0.5 - across(x));
  const thickness = (x: number) => opening * Math.sqrt(Math.max(0, 1 - across(x))) + 0.004;
  canvas.between(
    yaw - MOUTH_HALF_WIDTH,
    yaw + MOUTH_HALF_WIDTH,
    (x) => Math.max(middle(x) - thickness(x), FACE_Y - faceHalfHeight(x, halfWidth)),
    (x) => Math.min(middle(x) + thickness(x), FACE_Y + faceHalfHeight(x, halfWidth)),
    canvas.mix(LIPS),
  );
}

function paintGlasses(canvas: Canvas, yaw: number): void {
  const ink = canvas.mix(INK);
  for (const x of [yaw - EYE_X, yaw + EYE_X]) {
    canvas.ring(x, EYE_Y, LENS_RADIUS - RIM_HALF_WIDTH, LENS_RADIUS + RIM_HALF_WIDTH, ink);
  }
  canvas.rectangle(yaw - 0.05, yaw + 0.05, EYE_Y - 0.022, EYE_Y + 0.022, ink);
}
