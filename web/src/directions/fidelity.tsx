import type { SheetDirection } from './sheet';

/** How far samples stray at each strength, beside what they would by chance alone. */
export function Fidelity({ direction }: { readonly direction: SheetDirection }) {
  const { fidelity, fidelityBaseline } = direction;
  if (fidelity.length === 0 || !fidelityBaseline) return null;
  const limit = 2 * fidelityBaseline.frechetDistance;
  const largest = Math.max(limit, ...fidelity.map(({ frechetDistance }) => frechetDistance));
  return (
    <section class="fidelity" aria-label="Fidelity">
      <h3>Fidelity</h3>
      <p class="soft small">
        Distance from unedited samples (Fréchet) at each strength. The mark is twice what chance gives; beyond it images
        start to look unlike the model’s.
      </p>
      <ul style={{ '--limit': `${(limit / largest) * 100}%` }}>
        {fidelity.map(({ strength, frechetDistance }) => (
          <li key={strength}>
            <span class="number">{strength > 0 ? `+${strength}` : `−${-strength}`}</span>
            <span class="fidelity-track">
              <span
                class={frechetDistance > limit ? 'fidelity-bar fidelity-far' : 'fidelity-bar'}
                style={{ width: `${(frechetDistance / largest) * 100}%` }}
              />
            </span>
            <span class="number">{frechetDistance.toFixed(2)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
