import { registerEnumType } from 'type-graphql';

/** An enum whose values are its names; registered under the API's name. */
function nameEnum<const Name extends string>(
  name: string,
  names: readonly Name[],
  description: string,
  values: Partial<Record<Name, string>> = {},
): { readonly [Key in Name]: Key } {
  // The entries are built from `names` alone, which is what the type says.
  const enumObject = Object.fromEntries(names.map((key) => [key, key])) as { readonly [Key in Name]: Key };
  const valuesConfig = Object.fromEntries(names.map((key) => [key, values[key] ? { description: values[key] } : {}]));
  registerEnumType<object>(enumObject, { name, description, valuesConfig });
  return enumObject;
}

export const RunStatus = nameEnum(
  'RunStatus',
  ['QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  'Where a run is. SUCCEEDED, FAILED and CANCELLED are final.',
  {
    QUEUED: 'Waits for a worker, also after a crash, before it goes on.',
    RUNNING: 'A worker computes it.',
    PAUSED: 'Stopped at a checkpoint; can be resumed.',
    SUCCEEDED: 'Final: it is complete.',
    FAILED: 'Final: `error` says why.',
    CANCELLED: 'Final: a client stopped it; what was stored until then stays.',
  },
);
export type RunStatusName = keyof typeof RunStatus;

export const ModelStatus = nameEnum('ModelStatus', ['IMPORTING', 'READY', 'FAILED'], 'Whether a model can be used.', {
  IMPORTING: 'Being read and checked; follow `importProgress`.',
  READY: 'Discoveries and edits can run on it.',
  FAILED: 'It could not be imported: `error` says why.',
});

export const ModelStageName = nameEnum(
  'ModelStageName',
  ['MEMORY', 'SELF_CHECK', 'GALLERY', 'STATISTICS'],
  'What is done of a model after its import.',
  {
    MEMORY: 'Memory of edits and training is foretold.',
    SELF_CHECK: 'Gradients are compared with finite differences.',
    GALLERY: 'Samples are made and looked at.',
    STATISTICS: 'h is measured; the first discovery does it.',
  },
);

export const ModelStageStatus = nameEnum(
  'ModelStageStatus',
  ['WAITING', 'RUNNING', 'DONE', 'FAILED'],
  'How far a stage is. Anything that somebody waits for goes before it.',
);

export const CheckVerdict = nameEnum('CheckVerdict', ['PASSED', 'FAILED', 'SKIPPED'], 'What a check came to.', {
  SKIPPED: 'It would have taken too much; the message says what.',
});

export const DiscoveryMethod = nameEnum(
  'DiscoveryMethod',
  ['LEARNED', 'PCA', 'JACOBIAN', 'RANDOM'],
  'How directions are found.',
  {
    LEARNED: 'Trained so that a reconstructor can tell them apart in the images that they change.',
    PCA: 'Principal components of h.',
    JACOBIAN: 'Right singular vectors of the derivative of the predicted noise with respect to h.',
    RANDOM: 'Random vectors, as a baseline.',
  },
);
export type DiscoveryMethodName = keyof typeof DiscoveryMethod;

export const ShiftKind = nameEnum(
  'ShiftKind',
  ['SUBSPACE', 'GLOBAL', 'TIMESTEP', 'BLOCK', 'PER_TIMESTEP'],
  'What a direction is made of.',
  {
    SUBSPACE: 'A combination of the principal components of h over the whole sampling trajectory.',
    GLOBAL: 'One vector in h, scaled with the RMS of h at every timestep.',
    TIMESTEP: 'GLOBAL with a learned gate over time.',
    BLOCK: 'A small network of h and the timestep: it depends on the sample.',
    PER_TIMESTEP: 'A vector of its own at every timestep.',
  },
);
export type ShiftKindName = keyof typeof ShiftKind;

export const SubspaceStart = nameEnum(
  'SubspaceStart',
  ['PRINCIPAL', 'INDEPENDENT'],
  'Where the directions of a SUBSPACE start.',
  {
    PRINCIPAL: 'At the principal components of h, the largest variance first.',
    INDEPENDENT:
      'At the mixtures of components whose effects on images are most independent of each other, the strongest first.',
  },
);
export type SubspaceStartName = keyof typeof SubspaceStart;

export const ReverseProcess = nameEnum(
  'ReverseProcess',
  ['ASYMMETRIC', 'SYMMETRIC'],
  'Where a shift of h acts in a DDIM step.',
  {
    ASYMMETRIC: 'On the predicted x0 only; the noise of the next step comes from the unshifted pass.',
    SYMMETRIC: 'On the predicted x0 and on the noise of the next step.',
  },
);
export type ReverseProcessName = keyof typeof ReverseProcess;

export const ImageFit = nameEnum(
  'ImageFit',
  ['CROP', 'PAD', 'STRETCH'],
  'How an image of another shape becomes that of the model.',
  {
    CROP: 'Its middle, as large as fits.',
    PAD: 'All of it, its edges drawn out.',
    STRETCH: 'All of it, squeezed.',
  },
);
export type ImageFitName = keyof typeof ImageFit;

export const ImageFormat = nameEnum('ImageFormat', ['PNG', 'JPEG', 'WEBP'], 'File formats of frames.', {
  PNG: 'Lossless.',
});
export type ImageFormatName = keyof typeof ImageFormat;

export const DirectionOrigin = nameEnum(
  'DirectionOrigin',
  ['LEARNED', 'PCA', 'JACOBIAN', 'RANDOM', 'IMPORTED', 'MERGED'],
  'Where a direction comes from: a discovery by that method, an imported file, or a sum of others.',
);
export type DirectionOriginName = keyof typeof DirectionOrigin;

export const DirectionOrder = nameEnum(
  'DirectionOrder',
  ['SCORE', 'INDEX', 'NAME', 'EFFECT_SIZE'],
  'Order of directions: SCORE and EFFECT_SIZE from the highest, those not measured yet last; INDEX and NAME ascending.',
);
export type DirectionOrderName = keyof typeof DirectionOrder;

export const FrameDelivery = nameEnum(
  'FrameDelivery',
  ['ALL', 'LATEST'],
  'How previews and frames reach a slow client.',
  {
    ALL: 'Every event, at the pace of the client.',
    LATEST: 'A preview or frame is skipped when a newer one is waiting; nothing else ever is.',
  },
);
export type FrameDeliveryName = keyof typeof FrameDelivery;
