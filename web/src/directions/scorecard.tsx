import { href } from '../shell/router';
import { Fidelity } from './fidelity';
import { Filmstrip } from './filmstrip';
import { measuresOf } from './measures';
import type { Sheet, SheetDirection } from './sheet';
import { Tags } from './tags';

const ORIGINS: Readonly<Record<SheetDirection['origin'], string>> = {
  LEARNED: 'Learned',
  PCA: 'Principal component',
  JACOBIAN: 'Jacobian',
  RANDOM: 'Random baseline',
  IMPORTED: 'Imported',
  MERGED: 'Merged',
};

/** Everything that is known of a direction, in words. */
export function Scorecard({ direction, mark }: { readonly direction: SheetDirection; readonly mark: Sheet['mark'] }) {
  const { id, score, dead, duplicateOf, origin, version, samplingSteps, tags } = direction;
  return (
    <div class="scorecard">
      <Filmstrip direction={direction} lazy={false} />
      <p class="scorecard-score">
        <strong class="number">{score === null ? '–' : score.toFixed(2)}</strong>
        <span class="soft small">Score: accuracy × monotonicity × uniqueness. 1 is best.</span>
      </p>
      {dead && <p class="scorecard-flag">Dead: it changes next to nothing in the image.</p>}
      {duplicateOf && <p class="scorecard-flag">It repeats “{duplicateOf.name}”, which does the same better.</p>}
      <dl class="measures">
        {measuresOf(direction).map(({ name, value, share, words }) => (
          <div key={name}>
            <dt>
              {name} <span class="number">{value ?? 'not measured'}</span>
            </dt>
            <dd class="soft small">
              {share !== null && <meter min={0} max={1} value={share} aria-label={name} />}
              {words}
            </dd>
          </div>
        ))}
      </dl>
      <Fidelity direction={direction} />
      <Tags tags={tags} onTags={(next) => void mark({ id, tags: next })} />
      <p class="soft small">
        {ORIGINS[origin]}, version {version}, at {samplingSteps} sampling steps.
      </p>
      <a class="button button-primary" href={href('edit', null, { shifts: id })}>
        Edit along it
      </a>
    </div>
  );
}
