/**
 * A source file of a module, by a number that the caller chooses (0 and up, without large gaps), and the path of what the compiler wrote for
 * it. `null`: the source is gone, or not compiled.
 */
export interface ModuleSlot {
  slot: number;
  path: string | null;
}

/** A slot of a {@link DependencyIndex}. */
export interface CompiledSlot extends ModuleSlot {
  /** The `.swiftdeps` files of the sources that the same run of the compiler has compiled. */
  alongside?: readonly string[];
  /** What was compiled, unless it is not known. */
  text?: Uint8Array;
}

/**
 * A new version of a slot's file, and the texts of the known and the new version. Without both, what was noted is all that is compared; without one, all that it
 * declares is taken to have changed.
 */
export interface EditedSlot extends ModuleSlot {
  before?: Uint8Array;
  after?: Uint8Array;
}

/** What differs between two texts for whoever looks for it, for people: `Model`, `Model.shade`. native/interface_change.h has the rules. */
export interface InterfaceChange {
  /** One of the texts is not understood, or something differs that no text shows: nothing else is known then. */
  isUnknown: boolean;
  names: string[];
  types: string[];
  opaque: string[];
  copied: string[];
  imports: string[];
}

/** What has to be linked together. */
export interface ObjectClosure {
  /** Ascending. The seeds are among them, if they are slots of the index. */
  slots: number[];
  /**
   * Conformances of these slots whose type and protocol both come from other modules, as `extension Int: @retroactive Error`: a cast goes on
   * finding the one that was registered first. `symbol`: the linker name of the conformance descriptor. `isFormer`: the slot's object had it once, and has it no more.
   */
  foreign: { slot: number; symbol: string; isFormer: boolean }[];
  /**
   * Linker names that the slots need, that belong to this module and that no slot defines: their sources still have to be compiled. Sorted.
   * What mentions this module is taken to belong to it.
   */
  unresolved: string[];
}

/**
 * What the objects of a module define and need: which of them have to be linked anew after some have changed, the others staying in a library
 * that is loaded. native/object_index.h has the rules.
 */
export interface ObjectIndex {
  /**
   * Reads objects and replaces what is known of their slots, on another thread. Of two calls that overlap, a slot keeps what the later one
   * gave it. Rejects with the kind `object`, and changes nothing, if one of the files cannot be read or is damaged.
   */
  set(entries: readonly ModuleSlot[]): Promise<void>;
  /** The smallest set of slots that holds `seeds` and all that has to be linked with them, computed on another thread. */
  closure(seeds: readonly number[]): Promise<ObjectClosure>;
}

/** What new versions of some files mean for the rest of the module. All slots are in ascending order. */
export interface DependencyComparison {
  /** The compared slots that declare something else than before. */
  changed: number[];
  /**
   * The declarations that are new, gone or different, for people: `Model`, `Model.shade`; at most 20, sorted. Where a file does not tell which
   * of them differ, all of its.
   */
  names: string[];
  /** The slots that were not compared and look up what changed. */
  dependents: number[];
  /** Modules that one of the files imports in one of its versions alone, sorted. */
  imports: string[];
}

/** What a file declares, for whoever looks for it. */
export interface FileDeclarations {
  /** Of the file itself, operators among them, and, with Objective-C, members that any object is asked for. */
  names: string[];
  /** Types that it declares or extends, mangled: `3App5ModelV`, `SS`. */
  types: string[];
}

/**
 * What the files of a module declare and look up, from the compiler's `.swiftdeps` files and the texts: which of them have to be compiled anew after others
 * have changed. native/dependency_index.h has the rules.
 */
export interface DependencyIndex {
  /** As `ObjectIndex.set`, of `.swiftdeps` files. */
  set(entries: readonly CompiledSlot[]): Promise<void>;
  /**
   * Compares files with the known ones of their slots, on another thread, and leaves those as they are. Rejects with the kind `object` if one
   * of the files cannot be read or is damaged.
   */
  compare(entries: readonly EditedSlot[]): Promise<DependencyComparison>;
  /** What a slot's file declares; nothing for one that was never set. */
  declarations(slot: number): FileDeclarations;
  /** The slots for which the compiler read one of these modules and headers. */
  readersOf(externals: readonly string[]): number[];
  /** The modules and headers of others that the compiler read for any of the files: absolute paths, sorted. */
  externalDependencies(): string[];
}

/** The paths of two versions of an object: one that went into a library, and the newest. */
export interface ObjectVersions {
  former: string;
  present: string;
}

/** The classes of the addon. An index goes when nothing refers to it and its promises are settled. */
export interface NativeIndexes {
  /** `moduleName` as the compiler was told. */
  ObjectIndex: new (
    moduleName: string,
  ) => ObjectIndex;
  DependencyIndex: new () => DependencyIndex;
  /** What differs between two texts of a file, on another thread. */
  compareInterfaces(before: Uint8Array, after: Uint8Array): Promise<InterfaceChange>;
  /** Whether two texts of a file consist of the same tokens in the same places, so that only comments and spaces differ. On another thread. */
  haveSameTokens(one: Uint8Array, other: Uint8Array): Promise<boolean>;
  /** Whether libraries can be patched on this system at all. */
  canPatch: boolean;
  /**
   * For each object, why its present version cannot take the place of the former one in a library that holds that, function by function; empty
   * if it can, as far as files tell. On another thread. native/function_patch.h has the rules.
   */
  tryPatches(objects: readonly ObjectVersions[], library: string): Promise<string[]>;
}
