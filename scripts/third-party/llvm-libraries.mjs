// Which of LLVM's static archives hotswift may link, from LLVM's own record of what needs what.

import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What native/ includes headers of; everything else follows from these. */
const roots = [
  'LLVMOrcJIT',
  'LLVMOrcDebugging',
  'LLVMJITLink',
  'LLVMSymbolize',
  ...['X86', 'AArch64'].flatMap((target) => ['Info', 'Desc', 'Disassembler', 'CodeGen'].map((part) => `LLVM${target}${part}`)),
];

/**
 * The closure of the libraries that hotswift uses, dependents before what they depend on where there is no cycle.
 * @param {string} prefix an LLVM install prefix, with lib/cmake/llvm/LLVMExports.cmake
 * @returns {string[]} library names: `LLVMOrcJIT` is lib/libLLVMOrcJIT.a
 */
export function neededLibraries(prefix) {
  const dependencies = readDependencies(path.join(prefix, 'lib', 'cmake', 'llvm', 'LLVMExports.cmake'));
  const finished = [];
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name) || !dependencies.has(name)) return;
    seen.add(name);
    for (const dependency of dependencies.get(name)) visit(dependency);
    finished.push(name);
  };
  for (const root of roots) {
    // An LLVM that was built for one target only lacks the other one's libraries, which is fine.
    visit(root);
  }
  return finished.reverse();
}

function readDependencies(file) {
  const text = readFileSync(file, 'utf8');
  const dependencies = new Map([...text.matchAll(/^add_library\((LLVM\w+) STATIC IMPORTED\)/gm)].map(([, name]) => [name, []]));
  for (const [, name, list] of text.matchAll(/set_target_properties\((LLVM\w+) PROPERTIES\s+INTERFACE_LINK_LIBRARIES "([^"]*)"/g)) {
    const names = list.split(';').map((item) => item.replace(/^\\?\$<LINK_ONLY:(.*)>$/, '$1'));
    dependencies.set(name, names);
  }
  return dependencies;
}
