import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { upload } from '../api/request';
import { useAction } from '../api/use-action';
import { Button } from '../parts/button';
import { RedoIcon, UndoIcon } from '../parts/icons';
import { ErrorNotice, Notice } from '../parts/notice';
import { adjust, href, route } from '../shell/router';
import { AddDirection } from './add-direction';
import { CopyRequest } from './copy-request';
import { useDrop, useUndoKeys } from './gestures';
import { createHistory } from './history';
import { createLive } from './live';
import { Rack } from './rack';
import { type Base, inputOf, type Recipe, recipeOf, searchOf } from './recipe';
import { Sampling } from './sampling';
import { Source } from './source';
import { Stage } from './stage';
import { Sweep } from './sweep';

type Open = 'add' | 'request' | 'sweep' | null;

/** One model's images, edited. */
export function Editor({ modelId }: { readonly modelId: string }) {
  const history = useMemo(() => createHistory(recipeOf(route.peek().search)), []);
  const live = useMemo(createLive, []);
  const open = useSignal<Open>(null);
  const written = useRef('');
  const recipe = history.recipe.value;
  const state = live.state.value;
  const input = inputOf(modelId, recipe);
  const key = JSON.stringify(input);
  useEffect(() => () => live.stop(), []);
  useEffect(() => live.ask(input), [key]);
  const write = (next: Recipe) => {
    const address = href('edit', null, { model: modelId, ...searchOf(next) });
    written.current = address;
    adjust(address);
  };
  useEffect(() => write(history.recipe.peek()), []);
  useEffect(() => {
    // A link that leads here, or the browser's way back: an address that this page has not written itself.
    if (location.hash !== written.current && route.value.view === 'edit') commit(recipeOf(route.value.search));
  }, [route.value]);
  const commit = (next: Recipe) => {
    history.commit(next);
    write(next);
  };
  const step = (to: () => void) => {
    to();
    write(history.recipe.peek());
  };
  const undo = () => step(history.undo);
  const redo = () => step(history.redo);
  const setBase = (base: Base) => commit({ ...history.recipe.peek(), base });
  const uploading = useAction(async (file: File) => {
    const { id } = await upload<{ id: string }>('/images', file);
    setBase({ kind: 'image', imageId: id, fit: 'CROP' });
  });
  const dropping = useDrop((file) => void uploading.run(file));
  useUndoKeys(undo, redo);
  const close = () => {
    open.value = null;
  };
  const { outcome } = state;
  const psnr = recipe.base.kind === 'image' ? (outcome?.reconstructionPsnr ?? null) : null;
  return (
    <div class={`editor ${dropping ? 'editor-dropping' : ''}`}>
      <div class="editor-stage">
        <Stage state={state} label={labelOf(recipe)} again={() => live.ask(input)} />
        <div class="row stage-actions">
          <Button
            look="plain"
            size="small"
            aria-label="Undo"
            title="Undo (Ctrl Z)"
            disabled={!history.canUndo.value}
            onClick={undo}
          >
            <UndoIcon />
          </Button>
          <Button
            look="plain"
            size="small"
            aria-label="Redo"
            title="Redo (Ctrl Shift Z)"
            disabled={!history.canRedo.value}
            onClick={redo}
          >
            <RedoIcon />
          </Button>
          <Button size="small" disabled={recipe.shifts.length === 0} onClick={() => (open.value = 'sweep')}>
            Sweep
          </Button>
          <Button size="small" onClick={() => (open.value = 'request')}>
            Copy as GraphQL
          </Button>
          <a
            class="button button-small button-primary"
            aria-disabled={outcome?.result ? undefined : true}
            {...(outcome?.result && { href: outcome.result.url, download: fileName(recipe) })}
          >
            Download PNG
          </a>
        </div>
        {uploading.error && <ErrorNotice error={uploading.error} />}
        {state.warnings.length > 0 && (
          <Notice kind="plain" title="Worth knowing">
            {state.warnings.map((warning) => (
              <p key={warning} class="small">
                {warning}
              </p>
            ))}
          </Notice>
        )}
      </div>
      <section class="panel editor-rack" aria-labelledby="rack">
        <div class="row between">
          <h2 id="rack">Directions</h2>
          <Button size="small" onClick={() => (open.value = 'add')}>
            Add …
          </Button>
        </div>
        {recipe.shifts.length === 0 && <p class="soft">Add a direction, and drag its slider: the image follows.</p>}
        <Rack
          shifts={recipe.shifts}
          onPreview={(shifts) => history.preview({ ...history.recipe.peek(), shifts })}
          onCommit={(shifts) => commit({ ...history.recipe.peek(), shifts })}
        />
        <Sampling recipe={recipe} onRecipe={commit} />
      </section>
      <Source
        modelId={modelId}
        base={recipe.base}
        psnr={psnr}
        uploading={uploading.busy}
        onBase={setBase}
        onFile={(file) => void uploading.run(file)}
      />
      {open.value === 'add' && (
        <AddDirection
          modelId={modelId}
          taken={recipe.shifts.map(({ directionId }) => directionId)}
          onClose={close}
          onAdd={(directionId) => {
            commit({ ...recipe, shifts: [...recipe.shifts, { directionId, strength: 2, curve: [] }] });
            close();
          }}
        />
      )}
      {open.value === 'request' && <CopyRequest input={input} onClose={close} />}
      {open.value === 'sweep' && (
        <Sweep
          modelId={modelId}
          recipe={recipe}
          onClose={close}
          onPick={(next) => {
            commit(next);
            close();
          }}
        />
      )}
    </div>
  );
}

function labelOf({ base, shifts }: Recipe): string {
  const start = base.kind === 'seed' ? `Sample of seed ${base.seed}` : 'Your picture';
  return shifts.length === 0
    ? start
    : `${start}, edited along ${shifts.length} direction${shifts.length > 1 ? 's' : ''}`;
}

function fileName({ base }: Recipe): string {
  return base.kind === 'seed' ? `azimuth-seed-${base.seed}.png` : 'azimuth-edit.png';
}
