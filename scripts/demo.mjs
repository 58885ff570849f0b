// `npm run demo`: opens a watched session on a copy of examples/weather-card, saves four edits as an editor would, and shows what each of
// them did. Pictures go to demo-output/edits.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { createSession } from '../dist/index.mjs';
import { describeReload, milliseconds } from './show-reload.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = path.join(root, 'demo-output', 'edits');

const edits = [
  { title: 'a colour', file: 'WeatherCardView.swift', old: 'tint: 0xFFE08A', new: 'tint: 0xFF5C93' },
  { title: 'a text', file: 'WeatherCardView.swift', old: '"Right now"', new: '"This afternoon"' },
  {
    title: 'the layout',
    file: 'WeatherCardView.swift',
    old: 'content.slice(.right, 58, gap: 14)',
    new: 'content.slice(.left, 58, gap: 14)',
  },
  {
    title: 'a function of another file',
    file: 'WeatherFormat.swift',
    old: '"\\(rounded(temperature, temperatureUnit))°"',
    new: '"\\(rounded(temperature, temperatureUnit))°\\(temperatureUnit.symbol)"',
  },
];

const workspace = mkdtempSync(path.join(tmpdir(), 'hotswift-demo-'));
try {
  await demonstrate(path.join(workspace, 'weather-card', 'Sources', 'WeatherCard'));
} finally {
  rmSync(workspace, { recursive: true, force: true });
}

async function demonstrate(sources) {
  cpSync(path.join(root, 'examples', 'weather-card'), path.join(workspace, 'weather-card'), { recursive: true });
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });

  const files = readdirSync(sources).filter((name) => name.endsWith('.swift'));
  const started = performance.now();
  const session = await createSession({
    file: path.join(sources, 'WeatherCardView.swift'),
    module: { name: 'WeatherCard', sources: files.map((name) => path.join(sources, name)), flags: ['-swift-version', '6'] },
    watch: true,
    onProgress: ({ phase, done, total }) => console.log(`  ${phase}${total ? ` ${done} of ${total}` : ''}`),
  });
  try {
    if (session.error) throw session.error;
    const pictures = [await keep(session, 0, 'as it is')];
    console.log(`opened in ${milliseconds(performance.now() - started)}: ${files.length} files, agent ${session.agent.pid}\n`);
    for (const [index, edit] of edits.entries()) {
      const saved = performance.now();
      const reloaded = nextReload(session);
      save(path.join(sources, edit.file), edit);
      const result = await reloaded;
      pictures.push(await keep(session, index + 1, edit.title));
      console.log(`${edit.title}: ${edit.file}   ${edit.old}  ->  ${edit.new}`);
      console.log(`${describeReload(result, performance.now() - saved, session)}\n`);
    }
    writeFileSync(path.join(output, 'contact-sheet.png'), await contactSheet(pictures));
    console.log(`pictures are in ${path.relative(process.cwd(), output) || '.'}, all of them in contact-sheet.png`);
  } finally {
    await session.close();
  }
}

function nextReload(session) {
  return new Promise((resolve, reject) => session.once('reload', resolve).once('reload-error', reject));
}

function save(file, { old, new: replacement }) {
  const text = readFileSync(file, 'utf8');
  if (text.split(old).length !== 2) throw new Error(`${file} does not contain ${old} once`);
  writeFileSync(
    file,
    text.replace(old, () => replacement),
  );
}

async function keep(session, index, title) {
  const { data } = await session.snapshot({ scale: 2 });
  writeFileSync(path.join(output, `${index}-${title.replaceAll(' ', '-')}.png`), data);
  return { data, title };
}

async function contactSheet(pictures) {
  const images = await Promise.all(pictures.map(({ data }) => loadImage(data)));
  const columns = 3;
  const [cell, gap, label] = [{ width: 640, height: 400 }, 32, 44];
  const rows = Math.ceil(pictures.length / columns);
  const canvas = createCanvas(columns * (cell.width + gap) + gap, rows * (cell.height + label + gap) + gap);
  const context = canvas.getContext('2d');
  context.fillStyle = '#f2f2f5';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#333';
  context.font = '26px sans-serif';
  for (const [index, image] of images.entries()) {
    const x = gap + (index % columns) * (cell.width + gap);
    const y = gap + Math.floor(index / columns) * (cell.height + label + gap);
    context.fillText(`${index}  ${pictures[index].title}`, x, y + 28);
    context.drawImage(image, x, y + label, cell.width, cell.height);
  }
  return canvas.encode('png');
}
