// The groups of measurements, by the names that `--only` takes.

import { benchMemory, benchReplacement } from './agent-life.mjs';
import { benchFirstPicture } from './first-picture.mjs';
import { benchLinkSizes } from './link-sizes.mjs';
import { benchLiteralReads } from './literal-reads.mjs';
import { benchLiteralReload } from './literal-reload.mjs';
import { benchModuleSizes, benchPreviewReach } from './module-sizes.mjs';
import { benchStructuralReload } from './structural-reload.mjs';
import { benchThunkCompiles } from './thunk-compiles.mjs';
import { benchTraitChange } from './trait-change.mjs';

/**
 * @typedef {{ runs: number, sizes: number[] }} BenchOptions
 * @typedef {{ title: string, rows: Record<string, unknown>[] }} Table
 * @type {Record<string, (options: BenchOptions) => Promise<Table[]>>}
 */
export const groups = {
  reload: benchStructuralReload,
  literal: benchLiteralReload,
  traits: benchTraitChange,
  sizes: benchModuleSizes,
  reach: benchPreviewReach,
  links: benchLinkSizes,
  start: benchFirstPicture,
  thunks: benchThunkCompiles,
  reads: benchLiteralReads,
  replacement: benchReplacement,
  memory: benchMemory,
};
