/** Turns a vector, given in parts, so that its largest element is positive: a component's sign means nothing else. */
export function turnLargestPositive(parts: readonly Float32Array[]): void {
  let largest = 0;
  for (const part of parts) for (const value of part) if (Math.abs(value) > Math.abs(largest)) largest = value;
  if (largest < 0) for (const part of parts) part.set(part.map((value) => -value));
}
