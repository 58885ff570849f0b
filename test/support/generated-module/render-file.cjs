// From a file of the model to its Swift text.

const { headOf, instanceOf, methodLines, requirementText } = require('./render-method.cjs');
const { previewedName, viewLines } = require('./view.cjs');

/** @typedef {import('./lookup.cjs').Lookup} Lookup */
/** @typedef {import('./model.js').SourceFile} SourceFile */
/** @typedef {import('./model.js').Member} Member */
/** @typedef {import('./model.js').Aggregate} Aggregate */
/** @typedef {import('./model.js').Field} Field */

/** @param {Lookup} lookup @param {SourceFile} file @returns {string} */
function renderFile(lookup, file) {
  const isPreviewed = file.name === previewedName;
  const imports = [...(file.importsFoundation ? ['import Foundation'] : []), ...(isPreviewed ? ['import PreviewKit'] : [])];
  const blocks = file.members.flatMap((member) => memberBlocks(lookup, member));
  if (isPreviewed) blocks.push(viewLines(lookup, file));
  return `${[...(imports.length > 0 ? [imports] : []), ...blocks].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** @param {Lookup} lookup @param {Member} member @returns {string[][]} */
function memberBlocks(lookup, member) {
  switch (member.kind) {
    case 'struct':
    case 'class':
      return [aggregateLines(lookup, member)];
    case 'enum':
      return [enumLines(lookup, member)];
    case 'protocol':
      return protocolBlocks(lookup, member);
    case 'generic':
      return [genericLines(lookup, member)];
    case 'extension':
      return extensionBlocks(lookup, member);
    case 'method':
      return [methodLines(lookup, member)];
    case 'global':
      return [globalLines(member)];
  }
}

/** A declaration with a body of parts, an empty line between them. @param {string} head @param {string[][]} parts */
function braced(head, parts) {
  const body = parts.filter((lines) => lines.length > 0).flatMap((lines, index) => (index > 0 ? ['', ...lines] : lines));
  return [`${head} {`, ...body.map((line) => (line === '' ? '' : `  ${line}`)), '}'];
}

/** @param {string} name @param {string[]} inherited */
const inheriting = (name, inherited) => (inherited.length > 0 ? `${name}: ${inherited.join(', ')}` : name);

/** @param {Lookup} lookup @param {Aggregate} type */
function aggregateLines(lookup, type) {
  const { kind, name, superclass, derives, conformance, constants, fields, methods } = type;
  const inherited = [
    ...(superclass === undefined ? [] : [nameOf(lookup, superclass)]),
    ...(conformance ? [nameOf(lookup, conformance.protocol)] : []),
    ...derives,
  ];
  const parts = [
    constants.map((constant) => `static let ${constant.name} = ${constant.value}`),
    fields.map((field) => `${kind === 'class' ? 'let' : 'var'} ${field.name}: ${typeName(lookup, field)}`),
    initialiserLines(lookup, type),
    ...(conformance ? [methodLines(lookup, conformance.witness)] : []),
    ...methods.map((method) => methodLines(lookup, method, { modifiers: method.role === 'override' ? 'override ' : '' })),
  ];
  return [`/// ${type.summary}`, ...braced(`${kind} ${inheriting(name, inherited)}`, parts)];
}

/** @param {Lookup} lookup @param {Aggregate} type */
function initialiserLines(lookup, { superclass, label, fields }) {
  const values = fields.map((field) => `${field.name} = ${initialValue(lookup, field, label)}`);
  if (superclass === undefined) return braced(`init(${label}: Int)`, [values]);
  return braced(`override init(${label}: Int)`, [[...values, `super.init(${label}: ${label} + ${fields.length})`]]);
}

/** @param {Lookup} lookup @param {Field} field @param {string} seed */
function initialValue(lookup, { name, type, numbers: [n, m] }, seed) {
  switch (type) {
    case 'Int':
      return `${seed} * ${n} + ${m}`;
    case 'Double':
      return `Double(${seed} % ${n}) * ${m}.5`;
    case 'String':
      return `"${name.slice(0, m)}-\\(${seed} + ${n})"`;
    case 'Bool':
      return `${seed} % ${(n % 3) + 2} == 0`;
    case '[Int]':
      return `[${n}, ${seed}, ${m}]`;
    case 'Int?':
      return `${seed} % 2 == 1 ? ${n} : nil`;
    default:
      return instanceOf(lookup.entity(type.type), `${seed} + ${m}`);
  }
}

/** @param {Lookup} lookup @param {import('./model.js').Enum} type */
function enumLines(lookup, { name, summary, shape, derives, cases, methods }) {
  const heads = cases.map((one) => (shape === 'raw' ? `case ${one.name} = ${one.number}` : `case ${one.name}${payloadType(one)}`));
  const inherited = shape === 'raw' ? ['Int', 'CaseIterable', ...derives] : derives;
  const parts = [heads, shape === 'payload' ? makerLines(name, cases) : [], ...methods.map((method) => methodLines(lookup, method))];
  return [`/// ${summary}`, ...braced(`enum ${inheriting(name, inherited)}`, parts)];
}

/** @param {import('./model.js').Case} one */
const payloadType = ({ payload }) => (payload === undefined ? '' : `(${payload})`);

/** @param {string} name @param {import('./model.js').Case[]} cases */
function makerLines(name, cases) {
  const values = cases.map((one) => {
    if (one.payload === undefined) return `.${one.name}`;
    return `.${one.name}(${one.payload === 'Int' ? `seed + ${one.number}` : `"${one.name} \\(seed)"`})`;
  });
  const branches = values.map((value, index) => `${index < values.length - 1 ? `case ${index}` : 'default'}: return ${value}`);
  return [
    `static func make(_ seed: Int) -> ${name} {`,
    `  switch abs(seed) % ${values.length} {`,
    ...branches.map((line) => `  ${line}`),
    '  }',
    '}',
  ];
}

/** @param {Lookup} lookup @param {import('./model.js').Protocol} protocol */
function protocolBlocks(lookup, { name, summary, requirement, fallback, total }) {
  const accessor = requirement.isProperty ? ' { get }' : '';
  const loop = [`for item in items { ${total.sum} += item.${requirementText(lookup, requirement.id, 3)} }`];
  return [
    [`/// ${summary}`, ...braced(`protocol ${name}`, [[`/// ${requirement.summary}`, `${headOf(lookup, requirement)}${accessor}`]])],
    braced(`extension ${name}`, [methodLines(lookup, fallback)]),
    methodLines(lookup, total, { before: loop, generic: `<Item: ${name}>`, first: '_ items: [Item]' }),
  ];
}

/** @param {Lookup} lookup @param {import('./model.js').Generic} generic */
function genericLines(lookup, { name, summary, limit, fold }) {
  const parts = [
    ['private(set) var items: [Element]', 'let limit: Int'],
    braced('init(of items: [Element], upTo limit: Int)', [['self.items = items', 'self.limit = limit']]),
    braced('mutating func add(_ item: Element)', [['guard items.count < limit else { return }', 'items.append(item)']]),
    methodLines(lookup, fold, {
      before: [`for item in items.prefix(${limit}) { ${fold.sum} += weight(item) }`],
      first: '_ weight: (Element) -> Int',
    }),
  ];
  return [`/// ${summary}`, ...braced(`struct ${name}<Element>`, parts)];
}

/** @param {Lookup} lookup @param {import('./model.js').Extension} extension */
function extensionBlocks(lookup, { target, conformance, methods }) {
  const name = nameOf(lookup, target);
  const own =
    methods.length > 0
      ? [
          braced(
            `extension ${name}`,
            methods.map((method) => methodLines(lookup, method)),
          ),
        ]
      : [];
  if (!conformance?.present) return own;
  return [braced(`extension ${name}: ${nameOf(lookup, conformance.protocol)}`, [methodLines(lookup, conformance.witness)]), ...own];
}

/** @param {import('./model.js').Global} global */
function globalLines({ name, shape, value }) {
  if (shape === 'plain') return [`let ${name} = ${value}`];
  return [
    `let ${name}: Int = {`,
    `  let steps = (1...${(value % 7) + 3}).map { $0 * ${value % 13} }`,
    `  return steps.reduce(${value}, +)`,
    '}()',
  ];
}

/** @param {Lookup} lookup @param {number} id of something with a name */
function nameOf(lookup, id) {
  /** @type {{ name: string } & import('./model.js').Entity} */
  const { name } = lookup.entity(id);
  return name;
}

/** @param {Lookup} lookup @param {Field} field */
const typeName = (lookup, { type }) => (typeof type === 'string' ? type : nameOf(lookup, type.type));

module.exports = { renderFile };
