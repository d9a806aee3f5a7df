const WATCHED = ['Float32Array', 'Float64Array', 'Uint8Array', 'Uint16Array', 'Uint32Array', 'Int32Array'] as const;

/** Bytes of typed arrays that `work` asks for, all of them together, also those it drops; `Buffer`s are not counted. */
export async function allocatedBy(work: () => Promise<unknown>): Promise<number> {
  let total = 0;
  const world = globalThis as unknown as Record<string, unknown>;
  const originals = WATCHED.map((name) => [name, world[name]] as const);
  for (const [name, original] of originals) {
    const counted = original as Float32ArrayConstructor;
    world[name] = new Proxy(counted, {
      construct(target, parameters: unknown[], self) {
        const [first] = parameters;
        // Over a buffer nothing is made.
        if (typeof first === 'number') total += first * target.BYTES_PER_ELEMENT;
        else if (Array.isArray(first) || ArrayBuffer.isView(first))
          total += (first as unknown as ArrayLike<number>).length * target.BYTES_PER_ELEMENT;
        return Reflect.construct(target, parameters, self === world[name] ? target : self) as object;
      },
    });
  }
  try {
    await work();
  } finally {
    for (const [name, original] of originals) world[name] = original;
  }
  return total;
}
