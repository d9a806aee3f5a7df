import './image-tile.css';

export interface ImageTileProps {
  /** As the API gives it; null: not there yet, a quiet placeholder. */
  readonly image: { readonly url: string; readonly width: number; readonly height: number } | null;
  /** What it shows; empty where the text beside it says so already. */
  readonly alt: string;
  readonly caption?: string | undefined;
  /** Load it when it comes into view. */
  readonly lazy?: boolean;
}

/** An image of a model, in its own pixels as long as they are large enough to see: never blurred by enlarging. */
export function ImageTile({ image, alt, caption, lazy = false }: ImageTileProps) {
  return (
    <figure class="tile">
      {image ? (
        <img
          src={image.url}
          width={image.width}
          height={image.height}
          alt={alt}
          loading={lazy ? 'lazy' : 'eager'}
          decoding="async"
          draggable={false}
        />
      ) : (
        <div class="tile-empty" />
      )}
      {caption && <figcaption class="number">{caption}</figcaption>}
    </figure>
  );
}
