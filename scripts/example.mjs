// `npm run example -- NAME`: opens a watched session on an example, draws each of its previews, and draws them again after every save of one of its
// files, until Ctrl-C. With `--once` it only draws them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { createSession } from '../dist/index.mjs';
import { describeReload, milliseconds } from './show-reload.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = JSON.parse(readFileSync(path.join(root, 'examples', 'examples.json'), 'utf8'));
const names = Object.keys(examples);

const program = new Command('npm run example --')
  .description('Draws an example, and draws it again whenever one of its files is saved.')
  .argument('<name>', `one of ${names.join(', ')}`)
  .option('--once', 'draw it and end')
  .option('--output <folder>', 'where the pictures go; default demo-output/<name>')
  .addOption(new Option('--scale <factor>', 'pixels a point').argParser(Number).default(2))
  .showHelpAfterError();
program.parse();
const [name] = program.args;
const { once, output = path.join(root, 'demo-output', name), scale } = program.opts();
if (!names.includes(name)) program.error(`error: there is no example '${name}'`);

const started = performance.now();
const session = await createSession({
  file: path.join(root, 'examples', name, examples[name]),
  watch: !once,
  onProgress: ({ phase, done, total }) => console.log(`  ${phase}${total ? ` ${done} of ${total}` : ''}`),
});
session.stdout.pipe(process.stdout);
session.stderr.pipe(process.stderr);
const end = () => session.close();
process.once('SIGINT', end).once('SIGTERM', end);

if (session.error) {
  fail(session.error);
} else {
  console.log(`opened in ${milliseconds(performance.now() - started)}, agent ${session.agent.pid}`);
  await drawAll();
}
if (once) {
  await session.close();
} else {
  console.log(`\nedit ${path.relative(process.cwd(), session.file)}, or a file that it uses, and save it; Ctrl-C ends`);
  /** One after the other. */
  let drawing = Promise.resolve();
  session.on('reload', (result) => {
    const changed = result.changed.map((file) => path.basename(file)).join(', ') || 'the package';
    console.log(`\n${changed} changed\n${describeReload(result, undefined, session)}`);
    drawing = drawing.then(drawAll);
  });
  session.on('reload-error', fail);
}

/** The previews, whether each can be drawn or not. */
async function drawAll() {
  try {
    mkdirSync(output, { recursive: true });
    for (const preview of await session.previews()) await draw(preview).catch(fail);
  } catch (error) {
    fail(error);
  }
}

async function draw({ index, name: preview }) {
  const file = path.join(output, `${index}-${preview.replaceAll(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}.png`);
  const { data, width, height } = await session.snapshot({ preview: index, scale });
  writeFileSync(file, data);
  console.log(`  ${path.relative(process.cwd(), file)}  ${width} x ${height}`);
}

function fail(error) {
  // Ctrl-C.
  if (session.state === 'closed') return;
  console.error(`\n${error.code}: ${error.message}`);
  if (once) process.exitCode = 1;
}
