#!/usr/bin/env bash
# Builds the LLVM that third_party/manifest.json pins, from source, for systems that have no package of it.
set -euo pipefail

if [ $# -ne 1 ]; then
  echo "usage: $0 <install prefix>   then: export HOTSWIFT_LLVM=<install prefix>" >&2
  exit 2
fi
prefix=$1
manifest=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/third_party/manifest.json
version=$(node -p 'require(process.argv[1]).artifacts.llvm.debian["llvm-22-dev"].version.match(/\d+\.\d+\.\d+/)[0]' "$manifest")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git clone --depth 1 --branch "llvmorg-$version" https://github.com/llvm/llvm-project.git "$scratch/source"
# The ORC runtime is part of compiler-rt, which the Clang of the same build compiles.
cmake -S "$scratch/source/llvm" -B "$scratch/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" \
  -DLLVM_ENABLE_PROJECTS=clang -DLLVM_ENABLE_RUNTIMES=compiler-rt -DCOMPILER_RT_BUILD_ORC=ON -DLLVM_TARGETS_TO_BUILD="X86;AArch64" \
  -DLLVM_ENABLE_ZSTD=OFF -DLLVM_ENABLE_LIBXML2=OFF -DLLVM_ENABLE_RTTI=ON
cmake --build "$scratch/build" --target install
