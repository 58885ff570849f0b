import { providePreviewKit } from '../../lib/compile/preview-kit.js';
import { defaultCacheDirectory } from '../../lib/project/cache-directory.js';
import { findToolchain } from '../../lib/project/toolchain.js';
import { Fixture } from './fixture';

/** Has PreviewKit in the usual cache before the first test of a file that copies it from there: a machine that has drawn nothing yet has none. */
export function needPreviewKit(): void {
  beforeAll(async () => {
    await providePreviewKit(await findToolchain({}, new Fixture().folder), defaultCacheDirectory(), () => {});
  });
}
