import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type ApiError, asApiError } from '../api/errors';
import { StartEditSweepDocument } from '../api/operations';
import { request } from '../api/request';
import { Dialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/notice';
import { type EditEvent, followEdit } from './follow-edit';
import { useRack } from './rack';
import { inputOf, type Recipe } from './recipe';

export interface SweepProps {
  readonly modelId: string;
  readonly recipe: Recipe;
  onPick(recipe: Recipe): void;
  onClose(): void;
}

/** Columns: shares of the largest strength. */
const SHARES = [-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1];
const ROWS_MAX = 6;
const MAX_STRENGTH = 6;

/** Each slider from end to end, the others as they are. Pressing an image takes its strength. */
export function Sweep({ modelId, recipe, onPick, onClose }: SweepProps) {
  const rows = recipe.shifts.slice(0, ROWS_MAX);
  const directions = useRack(rows.map(({ directionId }) => directionId));
  const images = useSignal<Readonly<Record<string, string>>>({});
  const error = useSignal<ApiError | null>(null);
  const strengthsOf = (directionId: string) => {
    const most = directions.get(directionId)?.discovery?.config.maxStrength ?? MAX_STRENGTH;
    return SHARES.map((share) => Math.round(share * most * 10) / 10);
  };
  useEffect(() => {
    const leave: (() => void)[] = [];
    const start = async (directionId: string) => {
      const others = { ...recipe, shifts: recipe.shifts.filter((shift) => shift.directionId !== directionId) };
      const input = {
        edit: { ...inputOf(modelId, others), previewEvery: recipe.samplingSteps },
        directionIds: [directionId],
        strengths: strengthsOf(directionId),
      };
      const { startSweep } = await request(StartEditSweepDocument, { input });
      startSweep.forEach(({ id }, column) => {
        const take = (event: EditEvent) => {
          if (event.__typename !== 'EditFinished') return;
          images.value = { ...images.value, [`${directionId} ${column}`]: event.result.url };
        };
        leave.push(followEdit(id, take));
      });
    };
    for (const { directionId } of rows) {
      start(directionId).catch((thrown: unknown) => {
        error.value = asApiError(thrown);
      });
    }
    return () => {
      for (const one of leave) one();
    };
  }, []);
  const pick = (directionId: string, strength: number) =>
    onPick({
      ...recipe,
      shifts: recipe.shifts.map((shift) => (shift.directionId === directionId ? { ...shift, strength } : shift)),
    });
  return (
    <div class="sweep">
      <Dialog title="Sweep" onClose={onClose}>
        <p class="soft small">
          Each slider from end to end, the others as they are. Press an image to take its strength.
        </p>
        {error.value && <ErrorNotice error={error.value} />}
        {rows.map(({ directionId }) => (
          <section key={directionId}>
            <h3>{directions.get(directionId)?.name ?? 'Direction'}</h3>
            <div class="sweep-row">
              {strengthsOf(directionId).map((strength, column) => {
                const url = images.value[`${directionId} ${column}`];
                return (
                  <button
                    key={strength}
                    type="button"
                    aria-label={`Strength ${strength}`}
                    onClick={() => pick(directionId, strength)}
                  >
                    {url ? <img src={url} alt="" draggable={false} /> : <span class="sweep-wait" />}
                    <span class="number small">{strength}</span>
                  </button>
                );
              })}
            </div>
          </section>
        ))}
      </Dialog>
    </div>
  );
}
