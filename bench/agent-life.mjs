// What becomes of an agent over hundreds of generations: the reloads around the one that replaces it, what a generation leaves in memory, and how
// long the host's event loop is blocked meanwhile.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createSession } from '../dist/index.mjs';
import { milliseconds, progress, quantile } from './report.mjs';
import { copyWeatherCard } from './weather-card.mjs';

/** Milliseconds between edits, of somebody who is quick. */
const pause = 300;
/** Milliseconds between looks at the event loop. */
const resolution = 1;

const generationCap = 20;
const caps = 20;
/** Generations of one agent, from the one on at which its memory has stopped to grow for other reasons. */
const settled = 50;
const generations = 500;

/** A dense file of some fifty lines: types for which the compiler derives conformances, generics, closures. Each edit changes a type's method. */
const fiftyLines = (edit) => `import PreviewKit

protocol Shape {
  var markup: String { get }
}

struct Point: Hashable, Codable {
  var x: Double
  var y: Double
}

struct Circle: Shape, Hashable, Codable {
  var center: Point
  var radius: Double
  var markup: String { "<circle cx='\\(center.x)' cy='\\(center.y)' r='\\(radius + ${edit % 8}.5)' fill='#\\(String(${0x100000 + edit}, radix: 16))'/>" }
}

struct Line: Shape, Hashable, Codable {
  var points: [Point]
  var width: Double?
  var markup: String { "<path d='M\\(points.map { "\\($0.x) \\($0.y)" }.joined(separator: "L"))' stroke-width='\\(width ?? 1)'/>" }
}

struct Box: Shape, Hashable, Codable {
  var corner: Point
  var size: Point
  var markup: String { "<rect x='\\(corner.x)' y='\\(corner.y)' width='\\(size.x)' height='\\(size.y)'/>" }
}

enum Kind: String, CaseIterable, Codable {
  case small, large
  var scale: Double { self == .small ? 1 : 2 }
}

final class Canvas {
  private var shapes: [any Shape] = []
  private(set) var size: (width: Double, height: Double) = (120, 40)

  func add(_ shape: some Shape) { shapes.append(shape) }
  func map<Result>(_ change: (any Shape) throws -> Result) rethrows -> [Result] { try shapes.map(change) }
  var markup: String { map(\\.markup).joined() }
}

func canvas(of kind: Kind) -> Canvas {
  let canvas = Canvas()
  let corners = (1...3).map { Point(x: Double($0) * kind.scale * 9, y: kind.scale * 5) }
  for center in corners.sorted(by: { $0.x < $1.x }) { canvas.add(Circle(center: center, radius: kind.scale)) }
  canvas.add(Line(points: Array(Set(corners)), width: nil))
  canvas.add(Box(corner: corners[0], size: corners[1]))
  return canvas
}

struct Badge_Previews: PreviewProvider {
  static var previews: [Preview] {
    for kind in Kind.allCases {
      Preview(kind.rawValue, width: 120, height: 40) {
        SVG("<svg xmlns='http://www.w3.org/2000/svg' width='120' height='40'>\\(canvas(of: kind).markup)</svg>")
      }
    }
  }
}
`;

/** A thread whose event loop has nothing to do but look how long it was not looked after, as `monitorEventLoopDelay` does: what the system alone takes. */
function startBystander() {
  const longest = new Float64Array(new SharedArrayBuffer(8));
  const loop = `
    const { workerData: { longest, resolution } } = require('node:worker_threads');
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      longest[0] = Math.max(longest[0], now - last - resolution);
      last = now;
    }, resolution);`;
  const worker = new Worker(loop, { eval: true, workerData: { longest, resolution } });
  return { longest, stop: () => worker.terminate() };
}

/** Reloads of weather-card through twenty caps: nobody waits where an agent is replaced, any more than elsewhere. */
export async function benchReplacement() {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    const options = copyWeatherCard(folder);
    const { file } = options;
    const original = readFileSync(file, 'utf8');
    const session = await createSession({ ...options, generationCap, literalEdits: false });
    if (session.error) throw session.error;
    let switches = 0;
    session.on('respawn', () => {
      switches += 1;
    });
    await session.snapshot();
    await session.idle();
    const delay = monitorEventLoopDelay({ resolution });
    delay.enable();
    const times = { ordinary: [], starting: [], reaching: [], first: [] };
    let lastPid = session.agent.pid;
    const links = [];
    const blocks = { ours: [], bystander: [] };
    const bystander = startBystander();
    const memory = [];
    for (let edit = 1; switches < caps; edit += 1) {
      const { pid, generations } = session.agent;
      writeFileSync(file, original.replace('tint: 0xFFE08A', `tint: 0x${(0x100000 + edit * 977).toString(16)}`));
      delay.reset();
      bystander.longest[0] = 0;
      const started = performance.now();
      const { timings } = await session.reload();
      await session.snapshot();
      const took = performance.now() - started;
      blocks.ours.push(Math.max(0, delay.max / 1e6 - resolution));
      blocks.bystander.push(bystander.longest[0]);
      links.push(timings.link);
      times[kindOf({ isNew: pid !== lastPid || session.agent.pid !== pid, generations })].push(took);
      lastPid = session.agent.pid;
      if (generations === generationCap - 1) memory.push(residentBytes(pid));
      await setTimeout(pause);
      if (edit % 100 === 0) progress(`${edit} reloads, ${switches} of ${caps} agents replaced`);
    }
    delay.disable();
    await bystander.stop();
    await session.close();
    const ordinary = quantile(times.ordinary);
    const row = (what, values) => ({
      what,
      reloads: values.length,
      p50: milliseconds(quantile(values)),
      ratio: (quantile(values) / ordinary).toFixed(2),
    });
    return [
      {
        title: `reloads of weather-card through ${caps} caps of ${generationCap} generations, save to PNG, ${pause} ms apart`,
        rows: [
          row('while nothing else goes on', times.ordinary),
          row('while the next agent starts', times.starting),
          row('that reach the cap', times.reaching),
          row('while it takes over, or the first after', times.first),
        ],
      },
      {
        title: 'of these reloads',
        rows: [
          quantiles('link of a generation', links),
          quantiles('longest block of the event loop', blocks.ours),
          quantiles('of that of a thread with nothing to do, meanwhile', blocks.bystander),
        ],
      },
      {
        title: 'memory of the agent at its cap',
        rows: [{ first: megabytes(memory[0]), median: megabytes(quantile(memory)), last: megabytes(memory.at(-1)) }],
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of a reload: whether the agent was replaced meanwhile or just before, and how many generations it had. */
function kindOf({ isNew, generations }) {
  if (isNew) return 'first';
  if (generations === generationCap - 1) return 'reaching';
  return generations === generationCap - Math.ceil(generationCap / 10) ? 'starting' : 'ordinary';
}

/** What each of five hundred generations leaves in its agent. */
export async function benchMemory() {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    const file = path.join(folder, 'Badge.swift');
    writeFileSync(file, fiftyLines(0));
    const session = await createSession({ file, generationCap: generations + 10, literalEdits: false });
    if (session.error) throw session.error;
    const sizes = [];
    const runs = [];
    for (let edit = 1; edit <= generations; edit += 1) {
      writeFileSync(file, fiftyLines(edit));
      const { timings } = await session.reload();
      runs.push(timings.run);
      sizes.push(residentBytes(session.agent.pid));
      if (edit % 100 === 0) progress(`${edit} of ${generations} generations: ${megabytes(sizes.at(-1))}`);
    }
    await session.close();
    const each = (sizes.at(-1) - sizes[settled]) / (generations - 1 - settled);
    return [
      {
        title: `${generations} generations of a file of ${fiftyLines(0).split('\n').length} lines in one agent`,
        rows: [
          {
            'memory each': `${(each / 1024).toFixed(0)} KB`,
            'in all': megabytes(sizes.at(-1)),
            'first hundred runs, p50': milliseconds(quantile(runs.slice(0, 100))),
            'last hundred runs, p50': milliseconds(quantile(runs.slice(-100))),
          },
        ],
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function quantiles(what, values) {
  return { what, p50: milliseconds(quantile(values)), p99: milliseconds(quantile(values, 0.99)) };
}

function residentBytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}
