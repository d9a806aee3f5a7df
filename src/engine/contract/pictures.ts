export type { PictureFit, PictureFormat } from '../picture.js';

/** An image file in memory; width and height in pixels. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly contentType: string;
}
