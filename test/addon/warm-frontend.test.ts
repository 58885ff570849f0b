import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { FrontendServer } from '../../lib/compile/frontend-server.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture, toolEnvironment } from '../support/fixture';

/** Makes one call of the C library with a path, by that and by a folder and the rest of it, and asks for the path that stops it. */
const program = `#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
static int visit(const char *path, const struct stat *status, int kind, struct FTW *walk) { return 0; }
int main(int count, char **arguments) {
  const char *call = arguments[2], *folder = arguments[3], *name = arguments[4];
  char path[PATH_MAX], text[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int in = open(folder, O_PATH | O_DIRECTORY);
  struct stat status;
  struct stat64 status64;
  struct statx statusx;
  struct statfs system;
  struct dirent **names;
  glob_t found;
#define CALL(name, expression) if (strcmp(call, name) == 0) { expression; }
  CALL("stat", stat(path, &status))
  CALL("stat64", stat64(path, &status64))
  CALL("lstat", lstat(path, &status))
  CALL("lstat64", lstat64(path, &status64))
  CALL("fstatat", fstatat(in, name, &status, 0))
  CALL("fstatat of a link", fstatat(in, name, &status, AT_SYMLINK_NOFOLLOW))
  CALL("fstatat64", fstatat64(in, name, &status64, 0))
  CALL("fstatat without a folder", fstatat(AT_FDCWD, path, &status, 0))
  CALL("fstatat with a folder and a whole path", fstatat(in, path, &status, 0))
  CALL("statx", statx(in, name, 0, STATX_ALL, &statusx))
  CALL("statfs", statfs(path, &system))
  CALL("access", access(path, R_OK))
  CALL("faccessat", faccessat(in, name, R_OK, 0))
  CALL("open", open(path, O_RDONLY))
  CALL("open64", open64(path, O_RDONLY))
  CALL("openat", openat(in, name, O_RDONLY))
  CALL("openat64", openat64(in, name, O_RDONLY))
  CALL("fopen", fopen(path, "r"))
  CALL("readlink", readlink(path, text, sizeof text))
  CALL("readlinkat", readlinkat(in, name, text, sizeof text))
  CALL("realpath", realpath(path, text))
  CALL("canonicalize_file_name", canonicalize_file_name(path))
  CALL("opendir", opendir(path))
  CALL("fdopendir", fdopendir(openat(in, name, O_RDONLY | O_DIRECTORY)))
  CALL("scandir", scandir(path, &names, NULL, alphasort))
  CALL("nftw", nftw(path, visit, 4, 0))
  CALL("glob", glob(path, 0, NULL, &found))
  stat("/sentinel", &status);
  return 7;
}
`;

const open = new Set<FrontendServer>();
afterEach(async () => {
  await Promise.all([...open].map((server) => server.close()));
  open.clear();
});

describe('a frontend that waits', () => {
  const fixture = new Fixture({ 'main.c': program });
  const frontend = fixture.path('swift-frontend');
  beforeAll(() => {
    execFileSync('cc', ['-w', fixture.path('main.c'), '-o', frontend], { env: toolEnvironment });
  });
  let count = 0;

  /** A folder with a file, a link to it, a folder, and a folder that is a link. */
  function makeWorld(): string {
    count += 1;
    const world = `world-${count}`;
    fixture.write(`${world}/file`, 'one');
    fixture.write(`${world}/other`, 'two');
    fixture.write(`${world}/folder/name`, '');
    fixture.write(`${world}/elsewhere/name`, '');
    symlinkSync('file', fixture.path(`${world}/link`));
    symlinkSync('folder', fixture.path(`${world}/folder-link`));
    return fixture.path(world);
  }

  async function start(call: string, world: string, name: string): Promise<FrontendServer> {
    const folder = fixture.path(`server-${count}`);
    mkdirSync(folder);
    const image = loadAddon().warmFrontendImage();
    const options = {
      program: frontend,
      args: ['-frontend', call, world, name],
      workingDirectory: fixture.folder,
      temporaryFolder: fixture.folder,
      folder,
      sentinel: 'sentinel',
      image,
    };
    const server = await FrontendServer.start(options, new AbortController().signal);
    open.add(server);
    return server;
  }

  const compile = (server: FrontendServer) => server.compile(async () => {}, { timeout: 20_000 });

  const relink = (world: string, link: string, target: string) => {
    rmSync(path.join(world, link));
    symlinkSync(target, path.join(world, link));
  };
  const edits: Record<string, [name: string, edit: (world: string) => void]> = {
    'a file that is edited': ['file', (world) => fixture.write(path.relative(fixture.folder, path.join(world, 'file')), 'other')],
    'a file that is made': ['new', (world) => fixture.write(path.relative(fixture.folder, path.join(world, 'new')), '')],
    'a file that is deleted': ['other', (world) => rmSync(path.join(world, 'other'))],
    'a link that leads elsewhere': ['link', (world) => relink(world, 'link', './file')],
    'a name that is added': ['folder', (world) => fixture.write(path.relative(fixture.folder, path.join(world, 'folder/second')), '')],
  };
  const atFiles = [
    ...[
      'stat',
      'stat64',
      'lstat',
      'lstat64',
      'fstatat',
      'fstatat64',
      'fstatat without a folder',
      'fstatat with a folder and a whole path',
      'statx',
    ],
    ...['statfs', 'access', 'faccessat', 'open', 'open64', 'openat', 'openat64', 'fopen', 'realpath', 'canonicalize_file_name'],
  ];
  const atLinks = ['lstat', 'lstat64', 'fstatat of a link', 'readlink', 'readlinkat', 'realpath', 'canonicalize_file_name'];
  const atNames = ['opendir', 'fdopendir', 'scandir'];
  const seen = [
    ...atFiles.map((call) => [call, 'a file that is edited']),
    ...atFiles.map((call) => [call, 'a file that is made']),
    ...['stat', 'statx', 'openat'].map((call) => [call, 'a file that is deleted']),
    ...atLinks.map((call) => [call, 'a link that leads elsewhere']),
    ...atNames.map((call) => [call, 'a name that is added']),
  ] as [string, string][];

  it.each(seen)('knows by %s of %s', async (call, what) => {
    const [name, edit] = edits[what] ?? [];
    const world = makeWorld();
    const server = await start(call, world, name as string);
    expect(await compile(server)).toMatchObject({ kind: 'exit', code: 7 });
    edit?.(world);
    expect(await compile(server)).toMatchObject({ kind: 'stale', reason: expect.stringContaining(path.join(world, name as string)) });
  });

  it('knows by realpath of a link on the way, even to the same file', async () => {
    const world = makeWorld();
    const server = await start('realpath', world, 'folder-link/name');
    expect(await compile(server)).toMatchObject({ kind: 'exit', code: 7 });
    relink(world, 'folder-link', './folder');
    expect(await compile(server)).toMatchObject({ kind: 'stale', reason: expect.stringContaining('folder-link') });
  });

  it('does not mind what it has not looked at', async () => {
    const world = makeWorld();
    const server = await start('openat', world, 'file');
    for (const what of ['a file that is made', 'a file that is deleted', 'a link that leads elsewhere', 'a name that is added'])
      edits[what]?.[1](world);
    expect(await compile(server)).toMatchObject({ kind: 'exit', code: 7 });
  });

  it.each(['nftw', 'glob'])('is not used if it has looked at more than can be noted, by %s', async (call) => {
    await expect(start(call, makeWorld(), 'folder')).rejects.toThrow('it has gone through folders unseen');
  });
});
