/** Red, green and blue in [0,1]. */
export type Colour = readonly [red: number, green: number, blue: number];

export function hsv(hue: number, saturation: number, value: number): Colour {
  const channel = (offset: number) => {
    const k = (offset + (hue % 1) * 6) % 6;
    return value - value * saturation * Math.min(1, Math.max(0, Math.min(k, 4 - k)));
  };
  return [channel(5), channel(3), channel(1)];
}

export function scaled(colour: Colour, factor: number): Colour {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

/** From the first colour at t = 0 to the last at t = 1, linear between neighbours. */
export function gradient(t: number, stops: readonly [Colour, ...Colour[]]): Colour {
  const place = t * (stops.length - 1);
  const before = Math.max(0, Math.min(stops.length - 2, Math.floor(place)));
  const from = stops[before] ?? stops[0];
  const to = stops[before + 1] ?? from;
  const mixed = (channel: 0 | 1 | 2) => from[channel] + (to[channel] - from[channel]) * (place - before);
  return [mixed(0), mixed(1), mixed(2)];
}
