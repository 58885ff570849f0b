import { execFileSync } from 'node:child_process';
import { Fixture } from '../support/fixture';
import { first, full } from '../support/tier';
import { preview } from './support/feature';
import { isolations, Stage } from './support/stage';

const moduleMap = (name: string, requires = '') => `module ${name} { header "${name}.h" ${requires} export * }\n`;

first(1).describe.each(isolations)('with isolation %s, Swift works together with', (isolation) => {
  /** What the generations of a module say of which `View.swift` is edited, and then as it was. */
  async function generations(fixture: Fixture, text: string, [old, replacement]: [string, string], options: object): Promise<string[]> {
    const file = fixture.write('View.swift', text + preview(text));
    const module = { name: 'Interop', sources: [file], ...options };
    const stage = new Stage({ file, module, isolation });
    const texts = [(text + preview(text)).replace(old, replacement), text + preview(text)];
    return stage.play(texts.map((text) => [file, text])).finally(() => stage.close());
  }

  it('a C target: functions of its library, structures, enumerations, constants, callbacks and what a header defines', async () => {
    const fixture = new Fixture({
      'include/module.modulemap': moduleMap('Weather'),
      'include/Weather.h': `
        #define FREEZING 32
        typedef struct { int degrees; const char *place; } Report;
        typedef enum { Sunny, Rainy } Sky;
        extern int requests;
        Report report(Sky sky);
        void visit(int count, void (*visitor)(int, void *), void *context);
        static inline int doubled(int value) { static int calls; return value * 2 + calls++; }`,
      'weather.c': `
        #include "Weather.h"
        int requests = 0;
        Report report(Sky sky) { ++requests; Report made = {sky == Sunny ? 77 : 50, "Oslo"}; return made; }
        void visit(int count, void (*visitor)(int, void *), void *context) { for (int i = 0; i < count; ++i) visitor(i, context); }`,
    });
    const library = fixture.path('libWeather.so');
    execFileSync('cc', ['-shared', '-fPIC', `-I${fixture.path('include')}`, fixture.path('weather.c'), '-o', library]);
    const text = `
import Weather
func result() -> String {
  let report = report(Rainy)
  var sum = 0
  withUnsafeMutablePointer(to: &sum) { visit(4, { $1!.assumingMemoryBound(to: Int.self).pointee += Int($0) }, $0) }
  let calls = (0..<2).map { _ in doubled(10) }
  return "\\(String(cString: report.place)) \\(report.degrees - FREEZING) after \\(requests), sum \\(sum), calls \\(calls)"
}
`;
    const options = { importPaths: [fixture.path('include')], libraries: [library] };
    expect(await generations(fixture, text, ['- FREEZING', '+ FREEZING'], options)).toEqual([
      'Oslo 18 after 1, sum 6, calls [20, 21]',
      // The library stays loaded, and so do its variables.
      'Oslo 82 after 2, sum 6, calls [20, 21]',
      'Oslo 18 after 3, sum 6, calls [20, 21]',
    ]);
  });

  const cxxHeader = `
    #pragma once
    #include <stdexcept>
    #include <string>
    #include <thread>
    #include <vector>
    struct Registry { std::vector<std::string> names; Registry() { names = {"one", "two", "three"}; } };
    inline Registry &registry() { static Registry made; return made; }
    inline const char *joined() { static std::string text; for (auto &name : registry().names) text += name + " "; return text.c_str(); }
    inline int constructions = 0;
    struct Counted { Counted() { ++constructions; } };
    inline Counted one, other;
    inline int constructed() { return (&one != &other) * constructions; }
    inline thread_local int here = 40;
    inline int next() { return ++here; }
    inline int nextElsewhere() { int seen = 0; std::thread([&] { next(); seen = next(); }).join(); return seen; }
    inline int guarded(int value) noexcept {
      try { if (value > 2) throw std::runtime_error("too large"); return value; } catch (const std::exception &) { return -1; }
    }
    struct Shape { virtual ~Shape() = default; virtual int sides() const { return 0; } };
    struct Square : Shape { int sides() const override { return 4; } };
    inline int sidesOf(const Shape &shape) { return shape.sides(); }
    template <class T> T largest(T one, T other) { return one > other ? one : other; }`;
  const cxxText = `
import Geometry
func result() -> String {
  let names = String(cString: joined())
  let counts = [next(), next(), nextElsewhere(), next()]
  return "\\(names), constructed \\(constructed()), threads \\(counts), guarded \\(guarded(2)) \\(guarded(3)), square \\(Square().sides()), \\(largest(Int32(3), Int32(9)))"
}
`;
  const cxx = ['-cxx-interoperability-mode=default', '-swift-version', '6'];

  first(1).it.each([
    ['', []],
    [', with debug information', ['-g']],
  ])('C++ in headers: classes, templates, the standard library, exceptions, static and thread-local variables%s', async (_, more) => {
    const fixture = new Fixture({
      'include/module.modulemap': moduleMap('Geometry', 'requires cplusplus'),
      'include/Geometry.h': cxxHeader,
    });
    const options = { importPaths: [fixture.path('include')], flags: [...cxx, ...more] };
    const told = (square: number) => `one two three , constructed 2, threads [41, 42, 42, 43], guarded 2 -1, square ${square}, 9`;
    expect(await generations(fixture, cxxText, ['Square().sides()', 'Square().sides() * 2'], options)).toEqual([told(4), told(8), told(4)]);
  });

  full.it('a C++ library: constructors that run when it is loaded, and exceptions that stay inside', async () => {
    const fixture = new Fixture({
      'include/module.modulemap': moduleMap('Engine', 'requires cplusplus'),
      'include/Engine.h': 'int parts();\nint start(int fuel) noexcept;\n',
      'engine.cpp': `
        #include "Engine.h"
        #include <stdexcept>
        #include <vector>
        static std::vector<int> made;
        struct Part { Part() { made.push_back(1); } };
        static Part one, other;
        int parts() { return (int)made.size(); }
        int start(int fuel) noexcept { try { if (fuel < 1) throw std::invalid_argument("empty"); return fuel; } catch (...) { return -1; } }`,
    });
    const library = fixture.path('libEngine.so');
    execFileSync('c++', ['-shared', '-fPIC', `-I${fixture.path('include')}`, fixture.path('engine.cpp'), '-o', library]);
    const text = 'import Engine\nfunc result() -> String { "parts \\(parts()), started \\(start(3)) \\(start(0))" }\n';
    const options = { importPaths: [fixture.path('include')], flags: cxx, libraries: [library] };
    expect(await generations(fixture, text, ['start(3)', 'start(4)'], options)).toEqual([
      'parts 2, started 3 -1',
      'parts 2, started 4 -1',
      'parts 2, started 3 -1',
    ]);
  });
});
