// Makes the model of a module: which files there are, what each declares, and what it uses of those before it.

const { Declarations } = require('./declarations.cjs');
const { Lookup } = require('./lookup.cjs');
const { Names } = require('./names.cjs');
const { Random } = require('./random.cjs');
const { isAggregate, usesOf } = require('./uses.cjs');

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').SourceFile} SourceFile */
/** @typedef {import('./model.js').Member} Member */
/** @typedef {import('./model.js').Method} Method */
/** @typedef {import('./model.js').NominalType} NominalType */
/** @typedef {'struct' | 'class' | 'subclass' | 'enum' | 'protocol' | 'generic' | 'extension' | 'functions'} FileKind */

/** Of the first files: with fewer there would be nothing for the others to refer to. @type {FileKind[]} */
const opening = ['protocol', 'struct', 'enum', 'class', 'struct', 'extension', 'subclass', 'generic', 'functions'];
/** Of the others; as often as in an application. @type {FileKind[]} */
const usual = [
  ...opening,
  ...['struct', 'struct', 'struct', 'struct', 'enum', 'extension', 'functions', 'functions', 'subclass'].map((kind) => /** @type {FileKind} */ (kind)),
];

/** How many files use an ordinary file at most, its parent in the tree included. */
const usualUsers = 5;
/** How far back a file looks for files to use. */
const reach = 60;
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
  #count;
  /** For each file those that use it. @type {Set<number>[]} */
  #users;
  /** Hubs by the files that have to use them. @type {Map<number, number[]>} */
  #appointed = new Map();
  #hubs = new Set();
  /** How deep values of a type nest. @type {Map<number, number>} */
  #depth = new Map();
  /** @type {Random} */

  /** @param {{ files: number, seed: number }} options */
  constructor({ files, seed }) {
    this.#random = new Random(seed);
    this.#count = files;
    this.#declarations = new Declarations(this.#model, this.#lookup, this.#names, this.#random);
    this.#users = Array.from({ length: files }, (_, index) => new Set(index < files - 1 ? [this.#parentOf(index)] : []));
    if (files >= 100) this.#appointHubs();
  }

  /** @returns {{ model: Model, names: Names }} */
  build() {
    for (let index = 0; index < this.#count; index += 1) this.#addFile(index);
    return { model: this.#model, names: this.#names };
  }

  /** The tree through which the last file reaches all: its root is the last file. @param {number} index */
  #parentOf(index) {
    return this.#count - 1 - Math.floor((this.#count - 2 - index) / this.#branching);
  }

  /** @param {number} index */
  #childrenOf(index) {
    const first = (this.#count - 1 - index) * this.#branching + 1;
    const children = Array.from({ length: this.#branching }, (_, child) => this.#count - 1 - (first + child));
    return children.filter((child) => child >= 0);
  }

  get #branching() {
    return this.#count < 100 ? 3 : 6;
  }

  /** Files early in the module that ten or fifty others use. */
  #appointHubs() {
    const scale = this.#count < 1000 ? 1 : 3;
    const sizes = [...Array(scale).fill(50), ...Array(2 * scale).fill(10)];
    // Not the first file: a protocol alone, it can only be used together with a type.
    const hubs = this.#random.shuffle([1, 2, 3, 4, 8, ...Array.from({ length: 20 }, (_, index) => index + 9)]).slice(0, sizes.length);
    hubs.forEach((hub, position) => {
      const others = Array.from({ length: this.#count - 31 }, (_, index) => index + 30).filter((other) => other !== this.#parentOf(hub));
      this.#hubs.add(hub);
      for (const user of this.#random.shuffle(others).slice(0, sizes[position] - 1)) {
        this.#users[hub].add(user);
        this.#appointed.set(user, [...(this.#appointed.get(user) ?? []), hub]);
      }
    });
  }

  /** @param {number} index */
  #addFile(index) {
    const isPreviewed = index === this.#count - 1;
    const kind = this.#kindOf(index);
    const name = isPreviewed ? 'View.swift' : `${this.#names.type(this.#random)}.swift`;
    /** @type {SourceFile} */
    const file = { name, importsFoundation: this.#random.chance(0.4), members: [], entry: 0 };
    this.#model.files.push(file);
    if (!isPreviewed) this.#makers[kind](index);
    if (kind !== 'extension') this.#addFurther(index);
    this.#addEntry(index);
  }

  /** @param {number} index @returns {FileKind} */
  #kindOf(index) {
    if (index < opening.length) return opening[index];
    // Hubs have something that every file can use.
    return this.#hubs.has(index) ? this.#random.pick(/** @type {FileKind[]} */ (['struct', 'enum', 'functions'])) : this.#random.pick(usual);
  }

  /** @type {Record<FileKind, (index: number) => void>} */
  #makers = {
    struct: (index) => {
      const random = this.#random;
      const parts = this.#earlierTypes(index).filter((type) => this.#depthOf(type) < deepestType - 1 && type.kind !== 'class');
      const derives = random.pick([[], ['Hashable'], ['Hashable', 'Codable']]).filter((one) => parts.every((part) => part.kind !== 'class' && part.derives.concat(part.kind === 'enum' ? ['Hashable'] : []).includes(/** @type {any} */ (one))));
      const type = this.#declarations.aggregate('struct', { derives: /** @type {any} */ (derives) });
      for (const part of random.shuffle(parts).slice(0, random.integer(0, 2))) type.fields.push(this.#partField(part, index));
      this.#addType(index, type);
    },
    class: (index) => this.#addType(index, this.#declarations.aggregate('class')),
    subclass: (index) => {
      const bases = this.#earlier(index, (member) => member.kind === 'class' && this.#depthOf(member) < deepestType);
      const base = bases.length > 0 ? this.#random.pick(bases) : undefined;
      if (base === undefined || base.kind !== 'class') return this.#makers.class(index);
      this.#use(base.id, index);
      const type = this.#declarations.aggregate('class', { superclass: base.id, label: base.label });
      this.#addType(index, type);
      for (const method of base.methods.filter(({ role, isProperty }) => role === 'plain' && !isProperty).slice(0, 2)) this.#addOverride(type, method, index);
    },
    enum: (index) => {
      const type = this.#declarations.enum(this.#random.pick(['raw', 'raw', 'payload']));
      this.#add(index, type);
      this.#depth.set(type.id, 0);
      this.#addMethods(index, type, 2);
      type.methods[0].statements.unshift(this.#declarations.statement({ form: 'cases', references: [type.id] }, type.methods[0], type));
    },
    protocol: (index) => {
      const protocol = this.#declarations.protocol();
      this.#add(index, protocol);
      for (const method of [protocol.fallback, protocol.total]) this.#fill(index, method, undefined, 2);
      this.#makers.struct(index);
    },
    generic: (index) => {
      const generic = this.#declarations.generic();
      this.#add(index, generic);
      this.#fill(index, generic.fold, undefined, 2);
      this.#makers.struct(index);
    },
    extension: (index) => {
      const targets = this.#random.shuffle(this.#earlierTypes(index)).slice(0, 2);
      if (targets.length === 0) return this.#makers.functions(index);
      for (const target of targets) this.#addExtension(index, target);
    },
    functions: (index) => {
      for (let count = this.#random.integer(1, 2); count > 0; count -= 1) this.#add(index, this.#declarations.global());
      this.#makers[this.#random.pick(/** @type {const} */ (['struct', 'enum']))](index);
    },
  };

  /** @param {number} index @param {import('./model.js').Aggregate} type */
  #addType(index, type) {
    const parts = type.fields.flatMap((field) => (typeof field.type === 'string' ? [] : [field.type.type]));
    const inside = [...parts, ...(type.superclass === undefined ? [] : [type.superclass])];
    this.#depth.set(type.id, Math.max(0, ...inside.map((part) => 1 + (this.#depth.get(part) ?? 0))));
    const protocols = type.superclass === undefined && this.#random.chance(0.5) ? this.#earlier(index, (member) => member.kind === 'protocol') : [];
    const protocol = protocols.length > 0 ? this.#random.pick(protocols) : undefined;
    if (protocol?.kind === 'protocol') {
      this.#use(protocol.id, index);
      type.conformance = this.#declarations.conformance(protocol);
    }
    this.#add(index, type);
    if (type.conformance) this.#addWitness(index, type.conformance.witness, type);
    this.#addMethods(index, type, 2);
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
    const taken = this.#conformancesOf(target);
    const protocols = target.kind === 'class' ? [] : this.#earlier(index, (member) => member.kind === 'protocol' && !taken.has(member.id));
    const protocol = protocols.length > 0 ? this.#random.pick(protocols) : undefined;
    const extension = this.#declarations.extension(target.id, {});
    if (protocol?.kind === 'protocol') {
      this.#use(protocol.id, index);
      extension.conformance = { ...this.#declarations.conformance(protocol), present: this.#random.chance(0.8) };
    }
    this.#add(index, extension);
    if (extension.conformance) this.#addWitness(index, extension.conformance.witness, target);
    this.#addMethods(index, extension, 2, target);
  }

  /** @param {number} index @param {Method} witness @param {NominalType} type */
  #addWitness(index, witness, type) {
    if (type.kind === 'enum') witness.statements.push(this.#declarations.statement({ form: 'cases', references: [type.id] }, witness, type));
    this.#fill(index, witness, type, 2);
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
  #addFurther(index) {
    const method = this.#declarations.method({ level: 1 });
    this.#add(index, method);
    this.#fill(index, method, undefined, 2);
  }

  /** What the file adds up to: its own declarations, what it has to use, its children. @param {number} index */
  #addEntry(index) {
    const file = this.#model.files[index];
    const extension = file.members.find((member) => member.kind === 'extension');
    const isPreviewed = index === this.#count - 1;
    const host = isPreviewed ? undefined : (extension ?? (this.#random.chance(0.5) ? file.members.find((member) => member.kind === 'struct') : undefined));
    const isStatic = host !== undefined && host.kind === 'struct';
    const parameters = [this.#declarations.parameter([])];
    const entry = this.#declarations.method({ role: 'entry', level: entryLevel, isStatic, parameters: index === this.#count - 1 ? [{ ...parameters[0], label: '_' }] : parameters });
    entry.start = { parameter: parameters[0].name };
    file.entry = entry.id;
    if (index === this.#count - 1 || host === undefined) this.#add(index, entry);
    else if (host.kind === 'extension' || host.kind === 'struct') host.methods.push(entry);
    if (host) this.#lookup.register(host, index);
    const type = host && index < this.#count - 1 ? this.#lookup.typeOf(entry.id) : undefined;
    const own = file.members.flatMap((member) => this.#ownUses(member, index, entry));
    const appointed = (this.#appointed.get(index) ?? []).flatMap((hub) => this.#useOfFile(hub, index, entry));
    const children = this.#childrenOf(index).map((child) => ({ form: 'call', references: [this.#model.files[child].entry] }));
    const casts = this.#childrenOf(index).flatMap((child) => this.#castsFor(child));
    for (const use of this.#random.shuffle([...own, ...appointed, ...children, ...casts])) entry.statements.push(this.#declarations.statement(use, entry, type));
  }

  /** Most of what a member can do is used, a part of it, as in every application, by nobody. @param {Member} member @param {number} index @param {Method} entry */
  #ownUses(member, index, entry) {
    const uses = this.#usesIn(member, index, entry);
    const calls = uses.filter(({ form }) => form === 'call' && this.#random.chance(0.9));
    return [...calls, ...this.#random.shuffle(uses.filter(({ form }) => form !== 'call')).slice(0, 1)];
  }

  /** Casts to what the extensions of a file make their types conform to. @param {number} index */
  #castsFor(index) {
    return this.#model.files[index].members.flatMap((member) =>
      member.kind === 'extension' && member.conformance ? [{ form: 'cast', references: [member.target, member.conformance.protocol] }] : [],
    );
  }

  /** Gives a method statements. @param {number} index @param {Method} method @param {NominalType | undefined} type @param {number} count */
  #fill(index, method, type, count) {
    const { importsFoundation } = this.#model.files[index];
    for (let position = 0; position < count; position += 1) {
      const use = position > 0 && method.level > 0 ? this.#someUse(index, method) : undefined;
      const statement = use ? this.#declarations.statement(use, method, type) : this.#declarations.plainStatement(method, type, importsFoundation);
      method.statements.push(statement);
    }
  }

  /** A use of a file before this one, if one is to be had. @param {number} index @param {Method} method */
  #someUse(index, method) {
    const files = this.#random.shuffle(this.#usable(index)).slice(0, 4);
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
    const usable = new Set([...this.#usable(index), index, this.#lookup.fileOf(member.id)]);
    const known = [...usable].flatMap((file) => this.#model.files[file].members);
    const { importsFoundation } = this.#model.files[index];
    return usesOf(this.#lookup, member, { level: method.level, importsFoundation, random: this.#random, known });
  }

  /** The files before this one that it may use. @param {number} index */
  #usable(index) {
    const first = Math.max(0, index - reach);
    return Array.from({ length: index - first }, (_, offset) => first + offset).filter((file) => this.#mayUse(file, index));
  }

  /** @param {number} file @param {number} index */
  #mayUse(file, index) {
    const users = this.#users[file];
    return users.has(index) || (!this.#hubs.has(file) && users.size < usualUsers);
  }

  /** @param {number} index @param {(member: Member) => boolean} fits */
  #earlier(index, fits) {
    return this.#usable(index).flatMap((file) => this.#model.files[file].members).filter(fits);
  }

  /** @param {number} index @returns {NominalType[]} */
  #earlierTypes(index) {
    return this.#usable(index).flatMap((file) => this.#model.files[file].members.filter((member) => isAggregate(member) || member.kind === 'enum'));
  }

  /** @param {Member} type */
  #depthOf(type) {
    return this.#depth.get(type.id) ?? 0;
  }

  /** @param {number} id @param {number} index */
  #use(id, index) {
    const file = this.#lookup.fileOf(id);
    if (file !== index) this.#users[file].add(index);
  }

  /** @param {number} index @param {Member} member */
  #add(index, member) {
    this.#model.files[index].members.push(member);
    this.#lookup.register(member, index);
  }
}

module.exports = { ModelBuilder };
