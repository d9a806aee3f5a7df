import { Button } from '../parts/button';
import { href } from '../shell/router';
import { measuresOf } from './measures';
import type { SheetDirection } from './sheet';

/** Directions side by side: the same row shows the same strength, or the same measure. */
export function Compare({ directions, onClose }: { readonly directions: readonly SheetDirection[]; onClose(): void }) {
  const frames = Math.max(0, ...directions.map(({ filmstrip }) => filmstrip.length));
  const measures = directions.map(measuresOf);
  return (
    <section class="panel compare" aria-labelledby="compare">
      <div class="row between">
        <h2 id="compare">Side by side</h2>
        <div class="row">
          <a
            class="button button-small"
            href={href('edit', null, { shifts: directions.map(({ id }) => id).join(',') })}
          >
            Edit with all of them
          </a>
          <Button size="small" onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section class="compare-scroll" tabIndex={0} aria-label="Comparison, scrolls sideways">
        <table style={{ '--frames': frames }}>
          <thead>
            <tr>
              <td />
              {directions.map(({ id, name }) => (
                <th key={id} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">Strip</th>
              {directions.map(({ id, name, filmstrip }) => (
                <td key={id}>
                  <div class="compare-strip">
                    {filmstrip.map((image, at) => (
                      <img
                        key={`${at}-${image.id}`}
                        src={image.url}
                        width={image.width}
                        height={image.height}
                        alt={at === 0 ? `Samples along ${name}` : ''}
                      />
                    ))}
                  </div>
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">Score</th>
              {directions.map(({ id, score }) => (
                <td key={id} class="number">
                  <strong>{score?.toFixed(2) ?? '–'}</strong>
                </td>
              ))}
            </tr>
            {measures[0]?.map(({ name }, row) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {directions.map(({ id }, column) => (
                  <td key={id} class="number">
                    {measures[column]?.[row]?.value ?? '–'}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
