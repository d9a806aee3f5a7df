import type { Canvas, Paint, Point } from './canvas.js';
import { type Colour, hsv, scaled } from './colour.js';
import { domainOf } from './domain.js';

/** A place in the room: x to the right, y up from the floor, z away from the camera at orientation 0.5. */
type Place = readonly [x: number, y: number, z: number];
/** From a place to the picture. */
type Projection = (place: Place) => Point;

/** The camera circles the origin at this distance and height, and turns by no more than this to either side. */
const DISTANCE = 5;
const CAMERA_HEIGHT = 3;
const LARGEST_TURN = (33 * Math.PI) / 180;
const FOCAL_LENGTH = 2.6;
/** The camera looks straight ahead and its picture is shifted instead, so that what is upright stays upright. */
const HORIZON = -1.25;

/** Two walls meet here at a right angle, and run towards the camera left and right. */
const CORNER: Place = [0, 0, 3];
/** In front of the origin: the object moves against the corner when the camera turns. */
const OBJECT: Place = [0, 0, -0.5];
/** Where the shadow of a point falls, per unit of its height: the light comes from the left, the front and above. */
const SHADOW_X = 0.7;
const SHADOW_Z = 0.3;
/** Of a ball's shading. */
const BANDS = 10;

const kinds = {
  floor_hue: 'circular',
  wall_hue: 'circular',
  object_hue: 'circular',
  scale: 'continuous',
  shape: 'binary',
  orientation: 'continuous',
} as const;

/**
 * A cube or a ball in the corner of a room, in the spirit of 3D Shapes (Burgess & Kim, 2018): large areas, one
 * hue each, whose saturation and brightness never change but by the light.
 */
export const shapes = domainOf({
  name: 'shapes',
  resolution: 32,
  factors: kinds,
  odds: 0.5,
  paint(canvas, of) {
    const project = projectionAt((of('orientation') * 2 - 1) * LARGEST_TURN);
    const floor = hsv(of('floor_hue'), 0.5, 0.8);
    canvas.clear(floor);
    paintWalls(canvas, of('wall_hue'), project);
    const shadow = canvas.mix(scaled(floor, 0.6));
    const size = 0.72 + 0.53 * of('scale');
    if (of('shape') > 0.5) paintBall(canvas, of('object_hue'), 0.64 * size, project, shadow);
    else paintCube(canvas, of('object_hue'), size, project, shadow);
  },
});

function projectionAt(turn: number): Projection {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return ([x, y, z]) => {
    const scale = FOCAL_LENGTH / (DISTANCE + z * cos + x * sin);
    return [(x * cos - z * sin) * scale, HORIZON + (CAMERA_HEIGHT - y) * scale];
  };
}

function paintWalls(canvas: Canvas, hue: number, project: Projection): void {
  const corner = project(CORNER);
  const paintWall = (side: -1 | 1, value: number) => {
    const along = project([side, 0, CORNER[2] - 1]);
    const slope = (along[1] - corner[1]) / (along[0] - corner[0]);
    const foot = (x: number) => corner[1] + slope * (x - corner[0]);
    const [left, right] = side < 0 ? [-1, corner[0]] : [corner[0], 1];
    canvas.between(left, right, () => -1, foot, canvas.mix(hsv(hue, 0.4, value)));
  };
  paintWall(-1, 0.96);
  paintWall(1, 0.8);
}

/** The object's colour where it is darkest (0) to where it is brightest (1) and turns whitish. */
function lit(hue: number, light: number): Colour {
  const whitish = Math.max(0, light - 0.6);
  return hsv(hue, 0.8 - whitish, 0.5 + Math.min(0.5, 0.7 * light));
}

/** Its sides run along the walls: at orientation 0.5 an edge faces the camera, and two sides show throughout. */
function paintCube(canvas: Canvas, hue: number, size: number, project: Projection, shadow: Paint): void {
  const half = size * Math.SQRT1_2;
  const square = (y: number, reach: number): [Point, Point, Point, Point] => {
    const [x, z] = [OBJECT[0] + SHADOW_X * reach, OBJECT[2] + SHADOW_Z * reach];
    return [project([x - half, y, z]), project([x, y, z - half]), project([x + half, y, z]), project([x, y, z + half])];
  };
  const [base, top, cast] = [square(0, 0), square(size, 0), square(0, size)];
  // What the rear edges of the top and its right corner shade; the rest of the shadow is behind the cube.
  canvas.polygon(cast, shadow);
  canvas.polygon([base[1], base[2], cast[2], cast[1]], shadow);
  canvas.polygon([base[0], base[3], cast[3], cast[0]], shadow);
  canvas.polygon([base[3], base[2], cast[2], cast[3]], shadow);
  canvas.polygon([base[0], base[1], top[1], top[0]], canvas.mix(lit(hue, 0.6)));
  canvas.polygon([base[1], base[2], top[2], top[1]], canvas.mix(lit(hue, 0.1)));
  canvas.polygon(top, canvas.mix(lit(hue, 0.95)));
}

/** Bands from the dark rim to the light, each a smaller circle nearer to where the light falls. */
function paintBall(canvas: Canvas, hue: number, radius: number, project: Projection, shadow: Paint): void {
  const [x, , z] = OBJECT;
  const [castX, castZ] = [x + SHADOW_X * radius, z + SHADOW_Z * radius];
  const cast = project([castX, 0, castZ]);
  const [centre, above] = [project([x, radius, z]), project([x, 2 * radius, z])];
  const outline = centre[1] - above[1];
  canvas.ellipse(cast[0], cast[1], outline * 1.1, outline * 0.5, shadow);
  const light = project([x - 0.5 * radius, 1.5 * radius, z - 0.3 * radius]);
  for (let band = 0; band < BANDS; band += 1) {
    const t = band / BANDS;
    const paint = canvas.mix(lit(hue, t));
    canvas.ellipse(
      centre[0] + (light[0] - centre[0]) * t,
      centre[1] + (light[1] - centre[1]) * t,
      outline * (1 - t),
      outline * (1 - t),
      paint,
    );
  }
}
