import { type Canvas, createCanvas, Image, ImageData } from '@napi-rs/canvas';
import { HotswiftError, isHotswiftError } from '../errors.js';
import { type Drawing, loadAddon } from '../reload/native.js';
import type { Picture } from '../reload/structural-reloader.js';
import { readSvgSize } from './svg-size.js';

interface Size {
  width: number;
  height: number;
}

/** What browsers give an SVG that tells nothing about its size (CSS 2.2, 10.3.2). */
const sizeOfNothing: Size = { width: 300, height: 150 };

/** Skia's limit for a surface is higher; beyond this a mistyped size would take the memory of the machine. */
const largestSide = 16_384;

/**
 * Makes a PNG of what a preview drew, at `scale` pixels a point. An SVG keeps its aspect ratio and is centred in the size that was asked
 * for. Takes this thread for milliseconds.
 *
 * Throws ERR_HOTSWIFT_PREVIEW if the drawing is no picture.
 */
export function rasterise(drawing: Drawing, scale: number): Picture {
  try {
    const { pixels, width, height } = drawing.kind === 'svg' ? drawSvg(drawing, scale) : drawBitmap(drawing, scale);
    return { data: loadAddon().encodePng(pixels, { width, height, premultiplied: true }), width, height };
  } catch (error) {
    throw isHotswiftError(error) ? error : new HotswiftError('ERR_HOTSWIFT_PREVIEW', (error as Error).message, { cause: error });
  }
}

/** Pixels of a canvas that is kept for the next picture; 16 MB. */
const largestKept = 2 ** 22;

/**
 * What the last picture was made with. The next one is usually of the same size, and memory that the system has yet to hand out costs more than
 * the drawing: what images and canvases hold is given back when they are collected, which is too late.
 */
const kept: { image?: Image; canvas?: Canvas } = {};

interface Pixels extends Size {
  /** RGBA8, premultiplied. */
  pixels: Uint8Array;
}

function drawSvg(drawing: Drawing, scale: number): Pixels {
  const source = Buffer.from(drawing.bytes.buffer, drawing.bytes.byteOffset, drawing.bytes.byteLength);
  const image = decodeSvg(source);
  const own = sizeOfSvg(source, image);
  const points = completeSize(drawing, own);
  const canvas = createPixelCanvas(points, scale);
  const context = canvas.getContext('2d');
  if (own === undefined) {
    // Skia stretches nothing that has no size of its own: its units are points.
    context.scale(scale, scale);
    context.drawImage(image, 0, 0);
  } else {
    const fit = Math.min(canvas.width / own.width, canvas.height / own.height);
    const [width, height] = [own.width * fit, own.height * fit];
    context.drawImage(image, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  }
  return { pixels: canvas.data(), width: canvas.width, height: canvas.height };
}

function decodeSvg(source: Buffer): Image {
  const image = kept.image ?? new Image();
  kept.image = undefined;
  let failure: unknown;
  image.onerror = (error: unknown) => {
    failure = error;
  };
  // Of an SVG this is done when the setter returns.
  image.src = source;
  if (failure !== undefined || !image.complete || source.length === 0) {
    throw new HotswiftError('ERR_HOTSWIFT_PREVIEW', 'the preview returned an SVG that is not well-formed', { cause: failure });
  }
  kept.image = image;
  return image;
}

/** The size that an SVG gives itself, in points; `undefined` if it gives none. */
function sizeOfSvg(source: Buffer, image: Image): Size | undefined {
  const { hasLength, box } = readSvgSize(source.toString('latin1'));
  if (!hasLength) return box;
  if (image.naturalWidth > 0 && image.naturalHeight > 0) return { width: image.naturalWidth, height: image.naturalHeight };
  throw new HotswiftError('ERR_HOTSWIFT_PREVIEW', 'the preview returned an SVG without an area: its width or height is 0');
}

/** The size in points: as asked for, the missing side in proportion. */
function completeSize(asked: Size, own: Size = sizeOfNothing): Size {
  if (asked.width > 0 && asked.height > 0) return { width: asked.width, height: asked.height };
  if (asked.width > 0) return { width: asked.width, height: (asked.width * own.height) / own.width };
  if (asked.height > 0) return { width: (asked.height * own.width) / own.height, height: asked.height };
  return own;
}

function drawBitmap(drawing: Drawing, scale: number): Pixels {
  const { pixelWidth, pixelHeight, bytes } = drawing;
  refuseExcess(pixelWidth, pixelHeight);
  const canvas = [drawing.width * scale, drawing.height * scale].map(Math.round);
  if (canvas[0] === pixelWidth && canvas[1] === pixelHeight) return { pixels: bytes, width: pixelWidth, height: pixelHeight };

  const original = createCanvas(pixelWidth, pixelHeight);
  original.getContext('2d').putImageData(new ImageData(straightened(bytes), pixelWidth, pixelHeight), 0, 0);
  const scaled = createPixelCanvas(drawing, scale);
  const context = scaled.getContext('2d');
  // Pixels stay pixels when they are enlarged.
  context.imageSmoothingEnabled = scaled.width < pixelWidth;
  context.drawImage(original, 0, 0, scaled.width, scaled.height);
  return { pixels: scaled.data(), width: scaled.width, height: scaled.height };
}

/** The canvas takes colours that are not premultiplied. */
function straightened(premultiplied: Uint8Array): Uint8ClampedArray {
  const straight = new Uint8ClampedArray(premultiplied);
  for (let index = 0; index < straight.length; index += 4) {
    const alpha = straight[index + 3] ?? 0;
    if (alpha === 0 || alpha === 255) continue;
    for (let channel = index; channel < index + 3; channel += 1) straight[channel] = ((straight[channel] ?? 0) * 255) / alpha;
  }
  return straight;
}

/** Transparent, and of use until the next one is asked for. */
function createPixelCanvas(points: Size, scale: number): Canvas {
  const [width = 0, height = 0] = [points.width, points.height].map((side) => Math.max(1, Math.round(side * scale)));
  refuseExcess(width, height);
  if (kept.canvas?.width === width && kept.canvas.height === height) {
    kept.canvas.getContext('2d').reset();
    return kept.canvas;
  }
  const canvas = createCanvas(width, height);
  kept.canvas = width * height <= largestKept ? canvas : undefined;
  return canvas;
}

function refuseExcess(width: number, height: number): void {
  if (width <= largestSide && height <= largestSide) return;
  throw new HotswiftError(
    'ERR_HOTSWIFT_PREVIEW',
    `a picture of ${width} x ${height} pixels is too large: ${largestSide} a side is the most`,
  );
}
