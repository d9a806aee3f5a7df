/** For how many days what nobody's result depends on is kept; null: for ever. */
export interface Keep {
  /** Training previews and frames of edits, from the end of their run on. */
  readonly previewDays: number | null;
  /** Events of runs, from their end on; the last one, which says how it ended, stays. */
  readonly eventDays: number | null;
  /** Inversions of images, from their last use on. */
  readonly inversionDays: number | null;
}
