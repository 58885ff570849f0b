import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession, sharedSession } from '../support/session';
import { first, full } from '../support/tier';

const gallery = `import PreviewKit

struct Gallery_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Sized", width: 30, height: 10) { SVG(rectangle("#ff0000", 60, 20)) }
    Preview("Own size") { SVG(rectangle("#00ff00", 12, 8)) }
    for index in 0..<2 {
      Preview("Twin") { context in SVG(rectangle(context.traits["fill"] ?? "#0000f\\(index)", 4, 4)) }
    }
    if true {
      Preview("Pixels") { Bitmap(width: 2, height: 2) { pixels in
        pixels.fill(Pixel(red: 10, green: 20, blue: 30))
        pixels[1, 0] = Pixel(red: 255, green: 0, blue: 0, alpha: 128)
      } }
    }
    Preview("Edge") { SVG("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='2'><rect width='2' height='2' fill='#ff0000'/></svg>") }
    Preview("Throws") { () throws -> SVG in throw Failure.expected("today") }
    Preview("Broken") { SVG("<svg><unclosed></svg>") }
    Preview("Fine") { context in
      var bitmap = Bitmap(width: 5, height: 3) { $0.fill(Pixel(red: 1, green: 2, blue: 3)) }
      bitmap.scale = context.traits["scale"].flatMap { Double($0) } ?? 2
      return bitmap
    }
    Preview("Swapped") { Bitmap(width: 2, height: 1, order: .bgra) { $0.copyBytes(from: [1, 2, 3, 255, 0, 64, 128, 128] as [UInt8]) } }
  }
}

private enum Failure: Error { case expected(String) }

private func rectangle(_ fill: String, _ width: Int, _ height: Int) -> String {
  "<svg xmlns='http://www.w3.org/2000/svg' width='\\(width)' height='\\(height)'><rect width='100%' height='100%' fill='\\(fill)'/></svg>"
}

private enum More: PreviewProvider {
  static var previews: [Preview] { [Preview("Traits") { context in
    let traits = context.traits
    let right = traits.colorScheme == .dark && traits.textScale == 1.5 && traits.locale == "de-DE" && traits.contrast == .increased
    return SVG(rectangle(right ? "#00ff00" : "#ff0000", 3, 3))
  }] }
}
`;

first(1).describe.each(['process', 'in-process'] as const)('a snapshot, with isolation %s,', (isolation) => {
  const fixture = new Fixture();
  const file = fixture.write('Gallery.swift', gallery);
  const open = sharedSession({ file, isolation });

  it('is of the preview that is asked for, by index or name, at the size and scale that is asked for', async () => {
    const session = await open();
    expect((await session.previews()).map(({ index, name }) => [index, name])).toEqual([
      [0, 'Sized'],
      [1, 'Own size'],
      [2, 'Twin'],
      [3, 'Twin'],
      [4, 'Pixels'],
      [5, 'Edge'],
      [6, 'Throws'],
      [7, 'Broken'],
      [8, 'Fine'],
      [9, 'Swapped'],
      [10, 'Traits'],
    ]);
    expect((await session.previews())[0]).toEqual({ index: 0, name: 'Sized', line: 5, width: 30, height: 10 });

    const sized = await session.snapshot();
    expect(sized).toMatchObject({ width: 30, height: 10, scale: 1, preview: { name: 'Sized' } });
    expect(new Picture(sized.data).pixel(29, 9)).toBe('#ff0000');
    expect(await session.snapshot({ preview: 'Own size' })).toMatchObject({ width: 12, height: 8 });
    expect(await session.snapshot({ preview: 'Own size', scale: 2.5 })).toMatchObject({ width: 30, height: 20, scale: 2.5 });
    expect(await session.snapshot({ preview: 'Own size', width: 24 })).toMatchObject({ width: 24, height: 16 });

    const wide = new Picture((await session.snapshot({ preview: 1, width: 40, height: 8 })).data);
    expect([wide.pixel(20, 4), wide.pixel(2, 4)]).toEqual(['#00ff00', '#00000000']);
    expect(new Picture((await session.snapshot({ preview: 3 })).data).pixel(0, 0)).toBe('#0000f1');
  });

  it('has the pixels of a bitmap, enlarged without blur', async () => {
    const session = await open();
    const picture = new Picture((await session.snapshot({ preview: 'Pixels' })).data);
    expect([picture.width, picture.height]).toEqual([2, 2]);
    expect([picture.pixel(0, 0), picture.pixel(1, 0), picture.pixel(1, 1)]).toEqual(['#0a141e', '#ff000080', '#0a141e']);
    const large = new Picture((await session.snapshot({ preview: 'Pixels', scale: 4 })).data);
    expect([large.pixel(3, 3), large.pixel(4, 3), large.pixel(4, 4)]).toEqual(['#0a141e', '#ff000080', '#0a141e']);
  });

  it('has each pixel of a bitmap that has several a point, at that scale', async () => {
    const session = await open();
    expect(await session.snapshot({ preview: 'Fine', scale: 2 })).toMatchObject({ width: 5, height: 3 });
    expect(await session.snapshot({ preview: 'Fine', scale: 4 })).toMatchObject({ width: 10, height: 6 });
    expect(await session.snapshot({ preview: 'Fine', width: 20, height: 6 })).toMatchObject({ width: 20, height: 6 });
    expect(await session.snapshot({ preview: 'Fine', scale: 1.5, traits: { scale: '1.5' } })).toMatchObject({ width: 5, height: 3 });
    await expect(session.snapshot({ preview: 'Fine', traits: { scale: '0' } })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PREVIEW',
      message: expect.stringContaining('a Bitmap has a scale of 0.0'),
    });
  });

  it('has the pixels of a graphics library whose bytes are in another order', async () => {
    const session = await open();
    const picture = new Picture((await session.snapshot({ preview: 'Swapped' })).data);
    expect([picture.pixel(0, 0), picture.pixel(1, 0)]).toEqual(['#030201', '#ff800080']);
  });

  it('enlarges vectors, not their pixels', async () => {
    const session = await open();
    const picture = new Picture((await session.snapshot({ preview: 'Edge', scale: 4 })).data);
    expect([picture.width, picture.height]).toEqual([16, 8]);
    expect([picture.pixel(7, 4), picture.pixel(8, 4)]).toEqual(['#ff0000', '#00000000']);
  });

  it('is drawn with the session’s traits and its own on top', async () => {
    const session = await open();
    session.setTraits({ colorScheme: 'dark', textScale: 1.5, locale: 'de-DE' });
    const picture = async (options: object) => new Picture((await session.snapshot(options)).data).pixel(0, 0);
    expect(await picture({ preview: 'Traits' })).toBe('#ff0000');
    expect(await picture({ preview: 'Traits', traits: { contrast: 'increased' } })).toBe('#00ff00');
    expect(await picture({ preview: 2, traits: { fill: '#123456' } })).toBe('#123456');
    session.setTraits({});
  });

  it('is refused with the names there are when there is no such preview, or two of the name', async () => {
    const session = await open();
    await expect(session.snapshot({ preview: 11 })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PREVIEW',
      names: expect.arrayContaining(['Sized', 'Traits']),
      message: expect.stringContaining('there are 0 "Sized", 1 "Own size"'),
    });
    await expect(session.snapshot({ preview: 'None' })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PREVIEW' });
    await expect(session.snapshot({ preview: 'Twin' })).rejects.toThrow('2 previews are named "Twin": choose one by its index, 2 or 3');
    await expect(session.snapshot({ width: 0 })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_ARGUMENT' });
    expect(await session.snapshot()).toMatchObject({ stale: false });
  });

  it('is the preview’s error when it throws or returns no picture', async () => {
    const session = await open();
    await expect(session.snapshot({ preview: 'Throws' })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PREVIEW',
      message: expect.stringContaining('expected("today")'),
    });
    await expect(session.snapshot({ preview: 'Broken' })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PREVIEW' });
    expect(await session.snapshot()).toMatchObject({ stale: false });
  });
});

describe('a file without a preview', () => {
  it('opens and can be called; a snapshot says how to declare one', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Plain.swift', '@_cdecl("answer") func answer() -> Int32 { 42 }\n');
    const session = await openSession({ file });
    expect(session.state).toBe('ready');
    expect(await session.call('answer')).toBe(42);
    expect(await session.previews()).toEqual([]);
    await expect(session.snapshot()).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PREVIEW',
      names: [],
      message: expect.stringContaining('#Preview("Name")'),
    });
    await expect(session.call('nothing')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_ARGUMENT' });

    fixture.write('Plain.swift', colorPreview('#123456'));
    await session.reload();
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#123456');
    fixture.write('Plain.swift', colorPreview('#654321').replace('Preview("Color"', 'Preview("New"'));
    await session.reload();
    await expect(session.snapshot({ preview: 'Color' })).rejects.toMatchObject({ names: ['New'] });
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#654321');
  });

  full.it('may be empty', async () => {
    const file = new Fixture().write('Empty.swift', '');
    const session = await openSession({ file });
    expect(session.state).toBe('ready');
    expect(await session.previews()).toEqual([]);
  });
});

describe('reload', () => {
  it('takes unsaved buffers instead of the files, and the files again without them', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    const color = async () => new Picture((await session.snapshot()).data).pixel(0, 0);
    expect(await session.reload({ contents: { [file]: colorPreview('#00ff00') } })).toMatchObject({ changed: [file] });
    expect(await color()).toBe('#00ff00');
    await session.reload();
    expect(await color()).toBe('#ff0000');
    await expect(session.reload({ contents: { '/elsewhere.swift': '' } })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_ARGUMENT' });
  });

  it('on demand starts from a clean state in a new agent', async () => {
    const fixture = new Fixture();
    const counter = 'nonisolated(unsafe) var calls: Int32 = 0\n@_cdecl("count") func count() -> Int32 { calls += 1; return calls }\n';
    const file = fixture.write('Color.swift', colorPreview('#ff0000', counter));
    const session = await openSession({ file });
    const pid = session.agent?.pid;
    await session.call('count');
    expect(await session.call('count')).toBe(2);
    expect(await session.reload({ fresh: true })).toMatchObject({ tier: 'none', relinked: [file], generation: 1 });
    expect(session.agent?.pid).not.toBe(pid);
    expect(await session.call('count')).toBe(1);
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  });

  it('is one reload for calls that come together, of the newest text', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#000000'));
    const session = await openSession({ file });
    const results = await Promise.all(
      ['#110000', '#220000', '#330000', '#440000'].map((color) => {
        fixture.write('Color.swift', colorPreview(color));
        return session.reload();
      }),
    );
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#440000');
    expect(new Set(results.map(({ generation }) => generation))).toEqual(new Set([2]));
    expect(session.generation).toBe(2);
  });

  full.it('is over when the session is idle', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, literalEdits: false });
    fixture.write('Color.swift', colorPreview('#00ff00'));
    const reload = session.reload();
    await session.idle();
    expect(session.generation).toBe(2);
    expect(await reload).toMatchObject({ generation: 2 });
  });

  full.it('can be given up by its caller', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    fixture.write('Color.swift', colorPreview('#00ff00'));
    const controller = new AbortController();
    const reload = session.reload({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(reload).rejects.toThrow('enough');
    await session.reload();
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#00ff00');
  });
});
