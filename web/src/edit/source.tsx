import { useRef } from 'preact/hooks';
import { EditModelDocument } from '../api/operations';
import { useQuery } from '../api/use-query';
import { Button } from '../parts/button';
import { NumberField } from '../parts/field';
import { DiceIcon } from '../parts/icons';
import { type Base, SEED_MAX } from './recipe';

export interface SourceProps {
  readonly modelId: string;
  readonly base: Base;
  /** dB, of an image of one's own, once it is known. */
  readonly psnr: number | null;
  readonly uploading: boolean;
  onBase(base: Base): void;
  onFile(file: File): void;
}

const FITS = [
  { value: 'CROP', label: 'Crop' },
  { value: 'PAD', label: 'Pad' },
  { value: 'STRETCH', label: 'Stretch' },
] as const;

/** What the edit starts from: one of the model's own samples, or a picture of one's own. */
export function Source({ modelId, base, psnr, uploading, onBase, onFile }: SourceProps) {
  const { data } = useQuery(EditModelDocument, { id: modelId });
  const picker = useRef<HTMLInputElement>(null);
  return (
    <section class="panel source" aria-labelledby="source">
      <h2 id="source">Start from</h2>
      <div class="source-gallery">
        {data?.model?.samples.map((image, seed) => (
          <button
            key={image.id}
            type="button"
            aria-label={`Sample of seed ${seed}`}
            aria-pressed={base.kind === 'seed' && base.seed === seed}
            onClick={() => onBase({ kind: 'seed', seed })}
          >
            <img src={image.url} width={image.width} height={image.height} alt="" loading="lazy" draggable={false} />
          </button>
        ))}
      </div>
      <div class="row source-seed">
        <NumberField
          label="Seed"
          value={base.kind === 'seed' ? base.seed : Number.NaN}
          min={0}
          max={SEED_MAX}
          step={1}
          onNumber={(seed) => {
            if (Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX) onBase({ kind: 'seed', seed });
          }}
        />
        <Button onClick={() => onBase({ kind: 'seed', seed: Math.floor(Math.random() * 1_000_000) })} title="Any seed">
          <DiceIcon /> Random
        </Button>
      </div>
      <Button busy={uploading} onClick={() => picker.current?.click()}>
        Use a picture of yours …
      </Button>
      <input
        ref={picker}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        class="unseen"
        tabIndex={-1}
        aria-label="Picture to edit"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) onFile(file);
        }}
      />
      <p class="small soft">Or drop one anywhere on this page: PNG, JPEG or WebP.</p>
      {base.kind === 'image' && (
        <>
          <fieldset class="segments" aria-label="How it becomes square">
            {FITS.map(({ value, label }) => (
              <label key={value}>
                <input
                  type="radio"
                  name="fit"
                  checked={base.fit === value}
                  onChange={() => onBase({ ...base, fit: value })}
                />
                <span>{label}</span>
              </label>
            ))}
          </fieldset>
          <p class="small soft" role="status">
            {psnr === null ? 'Inverting: finding the noise that gives your picture.' : psnrWords(psnr)}
          </p>
        </>
      )}
    </section>
  );
}

function psnrWords(psnr: number): string {
  const quality =
    psnr > 40 ? 'as good as the same' : psnr > 30 ? 'very close' : psnr > 20 ? 'similar' : 'only roughly alike';
  return `Reconstruction: ${psnr.toFixed(1)} dB, ${quality}.${psnr > 30 ? '' : ' More sampling steps help.'}`;
}
