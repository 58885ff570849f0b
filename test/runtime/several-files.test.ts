import { Fixture } from '../support/fixture';
import { first } from '../support/tier';
import { preview } from './support/feature';
import { isolations, Stage } from './support/stage';

/** A module whose parts need one another in every way that crosses files. */
const files = {
  'Animal.swift': `
    class Animal {
      let name: String
      init(name: String) { self.name = name }
      func sound() -> String { "-" }
      func speak() throws -> String {
        if name.isEmpty { throw Nameless(kind: kind) }
        return "\\(name): \\(sound())"
      }
    }`,
  'Nameless.swift': 'struct Nameless: Error { var kind: String }',
  'Dog.swift': `
    class Dog: Animal { override func sound() -> String { "woof " + volume } }
    nonisolated(unsafe) var volume = "loud"`,
  // Nothing refers to these two: they hold conformances and nothing else.
  'Animal+Kind.swift': 'extension Animal: Kind { var kind: String { "animal" } }',
  'Dog+Tall.swift': 'extension Dog: Tall { var height: Int { 60 } }',
  'Protocols.swift': 'protocol Kind { var kind: String { get } }\nprotocol Tall { var height: Int { get } }',
  'Box.swift': `
    struct Box<Content> { var content: Content; var path: KeyPath<Box, Content> { \\.content } }
    extension Box: Kind where Content: Kind { var kind: String { "box of " + content.kind } }
    actor Kennel { var dogs: [Dog] = []; func add(_ dog: Dog) -> Int { dogs.append(dog); return dogs.count } }`,
};

const view = `
func result() async -> String {
  let dog: Animal = Dog(name: "Rex")
  let box = Box(content: dog)
  let caught = await { do { return try Dog(name: "").speak() } catch { return "\\(error)" } }()
  let tall = (dog as Any as? any Tall).map { "\\($0.height)" } ?? "nil"
  let dogs = await Kennel().add(Dog(name: "Ida"))
  return "\\((try? dog.speak()) ?? "") | \\(caught) | \\(tall) | \\((box as Any as? any Kind)?.kind ?? "nil") | \\(box[keyPath: box.path].name) | \\(dogs)"
}
`;

first(1).describe.each(isolations)('with isolation %s, the files of a module are one generation', (isolation) => {
  const fixture = new Fixture(files);
  const file = fixture.write('View.swift', view + preview(view));
  const module = { name: 'Kennels', sources: [...Object.keys(files).map((name) => fixture.path(name)), file] };
  const stage = new Stage({ file, module, isolation });
  afterAll(() => stage.close());
  const told = 'Rex: woof loud | Nameless(kind: "animal") | 60 | box of animal | Rex | 1';

  it.each([
    ['a body', 'Dog.swift', '"woof "', '"wuff "', told.replace('woof', 'wuff')],
    ['a global variable', 'Dog.swift', '"loud"', '"soft"', told.replace('loud', 'soft')],
    ['a superclass', 'Animal.swift', '"\\(name): ', '"\\(name)! ', told.replace('Rex:', 'Rex!')],
    ['a stored property', 'Animal.swift', 'let name', 'let age = 3; let name', told],
    ['an error', 'Nameless.swift', 'var kind: String', 'var kind: String; var code = 7', told.replace('"animal")', '"animal", code: 7)')],
    ['a conformance that nothing refers to', 'Dog+Tall.swift', '60', '61', told.replace('60', '61')],
    ['a conditional conformance', 'Box.swift', '"box of "', '"crate of "', told.replace('box', 'crate')],
  ])('after an edit of %s', async (_, name, old, replacement, then) => {
    const edited = fixture.path(name);
    const text = files[name as keyof typeof files];
    const saves = [text.replace(old, () => replacement), text].map((text) => [edited, text] as const);
    expect(await stage.play(saves)).toEqual([told, then, told]);
  });
});
