import type { SheetDirection } from './sheet';

/** One sample along the direction; the unedited one in the middle is marked. */
export function Filmstrip({ direction, lazy = true }: { readonly direction: SheetDirection; readonly lazy?: boolean }) {
  const { filmstrip, version } = direction;
  if (filmstrip.length === 0) {
    return (
      <div class="strip strip-empty">
        {version === 0 ? 'Its filmstrip comes with the first checkpoint.' : 'Rendering …'}
      </div>
    );
  }
  const middle = (filmstrip.length - 1) / 2;
  return (
    <div class="strip" style={{ '--frames': filmstrip.length }}>
      {filmstrip.map((image, at) => (
        <img
          key={`${at}-${image.id}`}
          class={at === middle ? 'strip-middle' : undefined}
          src={image.url}
          width={image.width}
          height={image.height}
          alt=""
          loading={lazy ? 'lazy' : 'eager'}
          decoding="async"
          draggable={false}
        />
      ))}
    </div>
  );
}

export function stripLabel({ name, filmstrip, discovery }: SheetDirection): string {
  const end = discovery?.config.maxStrength;
  const range = end === undefined ? '' : `, strength −${end} to ${end}`;
  return filmstrip.length === 0 ? `${name}: ` : `${name}: one sample along the direction${range}`;
}
