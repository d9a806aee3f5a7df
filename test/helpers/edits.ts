/** What an edit is started with beside its model: five steps of a seed, unshifted. */
export const NEW_EDIT = {
  seed: 1,
  imageId: null,
  shifts: [],
  samplingSteps: 5,
  reverseProcess: 'SYMMETRIC',
  eta: 0,
  previewEvery: 1,
  previewSize: null,
  warnings: [],
  options: {},
  rerunOfId: null,
  replaces: null,
  idempotency: null,
};
