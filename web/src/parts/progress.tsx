import './progress.css';

export interface ProgressProps {
  readonly label: string;
  readonly done: number;
  /** 0: how much there is to do is not known yet. */
  readonly total: number;
  /** Shown at the right: time left, for instance. */
  readonly note?: string | undefined;
}

export function Progress({ label, done, total, note }: ProgressProps) {
  const share = total > 0 ? Math.min(1, done / total) : null;
  return (
    <div class="progress">
      <div class="progress-text">
        <span>{label}</span>
        {note && <span class="number soft">{note}</span>}
      </div>
      <progress aria-label={label} {...(share === null ? {} : { value: share, max: 1 })} />
    </div>
  );
}
