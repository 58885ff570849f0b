// Makes the model of a module: which files there are, what each declares, and what it uses of those before it.

const { Declarations } = require('./declarations.cjs');
const { FileGraph } = require('./file-graph.cjs');
const { Lookup } = require('./lookup.cjs');
const { Names } = require('./names.cjs');
const { Random } = require('./random.cjs');
const { isAggregate, usesOf } = require('./uses.cjs');
const { previewedName } = require('./view.cjs');

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Member} Member */
/** @typedef {import('./model.js').Method} Method */
/** @typedef {import('./model.js').NominalType} NominalType */
/** @typedef {'struct' | 'class' | 'subclass' | 'enum' | 'protocol' | 'generic' | 'extension' | 'functions'} FileKind */

/**
 * Of the first files: with fewer there would be nothing for the others to refer to.
 * @type {FileKind[]}
 */
const opening = ['protocol', 'struct', 'enum', 'class', 'protocol', 'extension', 'subclass', 'generic', 'functions'];
/**
 * Of the others; as often as in an application.
 * @type {FileKind[]}
 */
const usual = [...opening, 'struct', 'struct', 'struct', 'struct', 'enum', 'extension', 'functions', 'functions', 'subclass'];
/**
 * Of hubs: every file can use what is in them.
 * @type {FileKind[]}
 */
const useful = ['struct', 'enum', 'functions'];

/** Deepest nesting of values within values, so that none is expensive to make. */
const deepestType = 3;
/** Levels of methods; entries have the highest. */
const entryLevel = 3;

/** Makes the model of a module of so many files. */
class ModelBuilder {
  #random;
  /** @type {Model} */
  #model = { files: [], nextId: 0 };
  #lookup = new Lookup(this.#model);
  #names = new Names();
  #declarations;
  #graph;
  /** How deep values of a type nest. @type {Map<number, number>} */
  #depth = new Map();

  /** @param {{ files: number, core?: number, seed: number }} options */
  constructor({ files, core = 0, seed }) {
    this.#random = new Random(seed);
    // The core does not depend on what else there is.
    this.#graph = new FileGraph(files, core, core === 0 ? this.#random : new Random(seed + 1));
    this.#declarations = new Declarations(this.#model, this.#lookup, this.#names, this.#random);
  }

  /** @returns {{ model: Model, names: Names }} */
  build() {
    for (let index = 0; index <= this.#graph.last; index += 1) this.#addFile(index);
    return { model: this.#model, names: this.#names };
  }

  /** @param {number} index */
  #addFile(index) {
    const isPreviewed = index === this.#graph.previewed;
    const name = isPreviewed ? previewedName : `${this.#names.type(this.#random)}.swift`;
    this.#model.files.push({ name, importsFoundation: this.#random.chance(0.4), members: [], entry: 0 });
    const kind = isPreviewed ? undefined : this.#kindOf(index);
    if (kind) this.#makers[kind](index);
    if (kind !== 'extension') this.#addFunction(index);
    this.#addEntry(index);
  }

  /** @param {number} index */
  #kindOf(index) {
    if (index < opening.length) return opening[index];
    return this.#random.pick(this.#graph.isHub(index) ? useful : usual);
  }

  /** What a file declares first; so many methods of each type. @type {Record<FileKind, (index: number, methods?: number) => void>} */
  #makers = {
    struct: (index, methods = 2) => {
      const random = this.#random;
      const candidates = this.#earlierTypes(index).filter((type) => type.kind !== 'class' && this.#depthOf(type) < deepestType - 1);
      const parts = random.shuffle(candidates).slice(0, random.integer(0, 2));
      const type = this.#declarations.aggregate('struct', { derives: this.#derivations(parts) });
      for (const part of parts) type.fields.push(this.#partField(part, index));
      this.#addType(index, type, methods);
    },
    class: (index, methods = 2) => this.#addType(index, this.#declarations.aggregate('class'), methods),
    subclass: (index) => {
      const bases = this.#earlier(index, (member) => member.kind === 'class' && this.#depthOf(member) < deepestType);
      const base = bases.length > 0 ? this.#random.pick(bases) : undefined;
      if (base === undefined || base.kind !== 'class') return this.#makers.class(index);
      this.#use(base.id, index);
      const type = this.#declarations.aggregate('class', { superclass: base.id, label: base.label });
      this.#addType(index, type, 1);
      for (const method of base.methods.filter(({ role, isProperty }) => role === 'plain' && !isProperty).slice(0, 2))
        this.#addOverride(type, method, index);
    },
    enum: (index, methods = 2) => {
      const type = this.#declarations.enum(this.#random.pick(['raw', 'raw', 'payload']));
      this.#add(index, type);
      this.#depth.set(type.id, 0);
      this.#addMethods(index, type, methods);
      type.methods[0].statements.unshift(this.#declarations.statement({ form: 'cases', references: [type.id] }, type.methods[0], type));
    },
    protocol: (index) => {
      const protocol = this.#declarations.protocol();
      this.#add(index, protocol);
      for (const method of [protocol.fallback, protocol.total]) this.#fill(index, method, undefined, 2);
      this.#makers.struct(index, 1);
    },
    generic: (index) => {
      const generic = this.#declarations.generic();
      this.#add(index, generic);
      this.#fill(index, generic.fold, undefined, 2);
      this.#makers.struct(index, 1);
    },
    extension: (index) => {
      const types = this.#random.shuffle(this.#earlierTypes(index));
      // Subclasses would inherit a conformance, and may have their own: one of the types is none.
      const value = types.find(({ kind }) => kind !== 'class');
      if (value === undefined) return this.#makers.functions(index);
      this.#addExtension(index, value);
      const other = types.find((type) => type !== value);
      if (other) this.#addExtension(index, other);
    },
    functions: (index) => {
      for (let count = this.#random.integer(1, 2); count > 0; count -= 1) this.#add(index, this.#declarations.global());
      this.#makers[this.#random.pick(/** @type {const} */ (['struct', 'enum']))](index, 1);
    },
  };

  /** @param {number} index @param {import('./model.js').Aggregate} type @param {number} methods */
  #addType(index, type, methods) {
    const parts = type.fields.flatMap((field) => (typeof field.type === 'string' ? [] : [field.type.type]));
    const inside = [...parts, ...(type.superclass === undefined ? [] : [type.superclass])];
    this.#depth.set(type.id, Math.max(0, ...inside.map((part) => 1 + (this.#depth.get(part) ?? 0))));
    const protocols =
      type.superclass === undefined && this.#random.chance(0.5) ? this.#earlier(index, (member) => member.kind === 'protocol') : [];
    const protocol = protocols.length > 0 ? this.#random.pick(protocols) : undefined;
    if (protocol?.kind === 'protocol') {
      this.#use(protocol.id, index);
      type.conformance = this.#declarations.conformance(protocol);
    }
    this.#add(index, type);
    if (type.conformance) this.#addWitness(index, type.conformance.witness, type);
    this.#addMethods(index, type, methods);
  }

  /** What a struct with such parts can derive, or less. @param {NominalType[]} parts */
  #derivations(parts) {
    /** @type {NominalType['derives'][]} */
    const choices = [[], ['Hashable'], ['Hashable', 'Codable']];
    const isRaw = (/** @type {NominalType} */ part) => part.kind === 'enum' && part.shape === 'raw';
    return this.#random
      .pick(choices)
      .filter((one) => parts.every((part) => part.derives.includes(one) || (one === 'Hashable' && isRaw(part))));
  }

  /** @param {NominalType} part @param {number} index */
  #partField(part, index) {
    this.#use(part.id, index);
    return this.#declarations.field({ type: { type: part.id } });
  }

  /** @param {import('./model.js').Aggregate} type @param {Method} method @param {number} index */
  #addOverride(type, method, index) {
    const { level, returns } = method;
    const override = this.#declarations.method({ role: 'override', like: method.id, level, returns, parameters: [] });
    type.methods.push(override);
    this.#lookup.register(type, index);
    this.#fill(index, override, type, 2);
  }

  /** @param {number} index @param {NominalType} target */
  #addExtension(index, target) {
    this.#use(target.id, index);
    const protocol = target.kind === 'class' ? undefined : this.#protocolFor(target);
    const extension = this.#declarations.extension(target.id, {});
    if (protocol) {
      this.#use(protocol.id, index);
      extension.conformance = { ...this.#declarations.conformance(protocol), present: this.#random.chance(0.8) };
    }
    this.#add(index, extension);
    if (extension.conformance) this.#addWitness(index, extension.conformance.witness, target);
    this.#addMethods(index, extension, 1, target);
  }

  /** @param {number} index @param {Method} witness @param {NominalType} type */
  #addWitness(index, witness, type) {
    if (type.kind === 'enum')
      witness.statements.push(this.#declarations.statement({ form: 'cases', references: [type.id] }, witness, type));
    this.#fill(index, witness, type, 2);
  }

  /** A protocol that a type may come to conform to, however many files use it: without one the extension would have no conformance. @param {NominalType} type */
  #protocolFor(type) {
    const taken = this.#conformancesOf(type);
    const protocols = this.#model.files
      .filter((_, file) => !this.#graph.isHub(file))
      .flatMap(({ members }) => members.flatMap((member) => (member.kind === 'protocol' && !taken.has(member.id) ? [member] : [])));
    return protocols.length > 0 ? this.#random.pick(protocols.slice(-20)) : undefined;
  }

  /** The protocols that a type conforms to or may come to conform to. @param {NominalType} type */
  #conformancesOf(type) {
    const members = this.#model.files.flatMap((file) => file.members);
    const declared = members.filter((member) => member.kind === 'extension' && member.target === type.id).concat(type);
    return new Set(declared.flatMap((member) => ('conformance' in member && member.conformance ? [member.conformance.protocol] : [])));
  }

  /** @param {number} index @param {NominalType | import('./model.js').Extension} member @param {number} count @param {NominalType} [target] */
  #addMethods(index, member, count, target) {
    const type = target ?? /** @type {NominalType} */ (member);
    for (let position = 0; position < count; position += 1) {
      // An enum has no stored properties that a computed one could depend on.
      const isProperty = type.kind !== 'enum' && position === 1 && this.#random.chance(0.6);
      const returns = this.#random.pick(/** @type {const} */ (['Int', 'Int', 'Double', 'String']));
      const method = this.#declarations.method({ level: Math.min(position, entryLevel - 1), isProperty, returns });
      member.methods.push(method);
      this.#lookup.register(member, index);
      this.#fill(index, method, type, 2);
    }
  }

  /** @param {number} index */
  #addFunction(index) {
    const method = this.#declarations.method({ level: 1 });
    this.#add(index, method);
    this.#fill(index, method, undefined, 2);
  }

  /** What the file adds up to: its own declarations, the hubs that it has to use, its children in the tree. @param {number} index */
  #addEntry(index) {
    const file = this.#model.files[index];
    const host = this.#hostOfEntry(index);
    const parameter = this.#declarations.parameter([]);
    // The preview calls it without a label.
    if (index === this.#graph.previewed) parameter.label = '_';
    const start = { parameter: parameter.name };
    const isStatic = host?.kind === 'struct';
    const entry = this.#declarations.method({ role: 'entry', level: entryLevel, isStatic, parameters: [parameter], start });
    file.entry = entry.id;
    if (host) host.methods.push(entry);
    else file.members.push(entry);
    this.#lookup.register(host ?? entry, index);

    const own = file.members.flatMap((member) => this.#ownUses(member, index, entry));
    const hubs = this.#graph.hubsFor(index).flatMap((hub) => this.#useOfFile(hub, index, entry));
    const children = this.#graph.childrenOf(index).flatMap((child) => this.#usesOfChild(child));
    const type = host && this.#lookup.typeOf(entry.id);
    for (const use of this.#random.shuffle([...own, ...hubs, ...children])) {
      entry.statements.push(this.#declarations.statement(use, entry, type));
    }
  }

  /** Where the entry is a method: of a struct, or, in a file that has nothing but extensions, of the first one. @param {number} index */
  #hostOfEntry(index) {
    const { members } = this.#model.files[index];
    const extension = members.find((member) => member.kind === 'extension');
    if (extension?.kind === 'extension') return extension;
    const struct = members.find((member) => member.kind === 'struct');
    return struct?.kind === 'struct' && this.#random.chance(0.5) ? struct : undefined;
  }

  /** Most of what a member can do is used, a part of it, as in every application, by nobody. @param {Member} member @param {number} index @param {Method} entry */
  #ownUses(member, index, entry) {
    const uses = this.#usesIn(member, index, entry);
    const calls = uses.filter(({ form }) => form === 'call' && this.#random.chance(0.9));
    return [...calls, ...this.#random.shuffle(uses.filter(({ form }) => form !== 'call')).slice(0, 1)];
  }

  /** A call of its entry, and casts to what its extensions make their types conform to. @param {number} child */
  #usesOfChild(child) {
    const { entry, members } = this.#model.files[child];
    const casts = members.flatMap((member) =>
      member.kind === 'extension' && member.conformance ? [{ form: 'cast', references: [member.target, member.conformance.protocol] }] : [],
    );
    return [{ form: 'call', references: [entry] }, ...casts];
  }

  /** Gives a method statements. @param {number} index @param {Method} method @param {NominalType | undefined} type @param {number} count */
  #fill(index, method, type, count) {
    const { importsFoundation } = this.#model.files[index];
    for (let position = 0; position < count; position += 1) {
      const use = position > 0 && method.level > 0 ? this.#someUse(index, method) : undefined;
      const statement = use
        ? this.#declarations.statement(use, method, type)
        : this.#declarations.plainStatement(method, type, importsFoundation);
      method.statements.push(statement);
    }
  }

  /** A use of a file before this one, if one is to be had. @param {number} index @param {Method} method */
  #someUse(index, method) {
    const files = this.#random.shuffle(this.#graph.usableBy(index)).slice(0, 4);
    for (const file of files) {
      const uses = this.#useOfFile(file, index, method);
      if (uses.length > 0) return uses[0];
    }
    return undefined;
  }

  /** One use of a file, in an array, or none. @param {number} file @param {number} index @param {Method} method */
  #useOfFile(file, index, method) {
    const uses = this.#model.files[file].members.flatMap((member) => this.#usesIn(member, index, method));
    if (uses.length === 0) return [];
    const use = this.#random.pick(uses);
    for (const reference of use.references) this.#use(reference, index);
    return [use];
  }

  /** @param {Member} member @param {number} index @param {Method} method */
  #usesIn(member, index, method) {
    const usable = new Set([...this.#graph.usableBy(index), index, this.#lookup.fileOf(member.id)]);
    const known = [...usable].flatMap((file) => this.#model.files[file].members);
    const { importsFoundation } = this.#model.files[index];
    return usesOf(this.#lookup, member, { level: method.level, importsFoundation, random: this.#random, known });
  }

  /** @param {number} index @param {(member: Member) => boolean} fits */
  #earlier(index, fits) {
    return this.#graph
      .usableBy(index)
      .flatMap((file) => this.#model.files[file].members)
      .filter(fits);
  }

  /** @param {number} index @returns {NominalType[]} */
  #earlierTypes(index) {
    return this.#graph
      .usableBy(index)
      .flatMap((file) => this.#model.files[file].members.filter((member) => isAggregate(member) || member.kind === 'enum'));
  }

  /** @param {Member} type */
  #depthOf(type) {
    return this.#depth.get(type.id) ?? 0;
  }

  /** Notes that a file uses what has this id. @param {number} id @param {number} index */
  #use(id, index) {
    this.#graph.use(index, this.#lookup.fileOf(id));
  }

  /** @param {number} index @param {Member} member */
  #add(index, member) {
    this.#model.files[index].members.push(member);
    this.#lookup.register(member, index);
  }
}

module.exports = { ModelBuilder };
