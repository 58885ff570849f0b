// The statements that a method can have. Each form writes the lines of one that adds something to the method's sum.

/** @typedef {import('./model.js').Method} Method */
/** @typedef {import('./model.js').NominalType} NominalType */
/** @typedef {import('./model.js').Enum} Enum */

/**
 * What a form writes with.
 * @typedef {object} Writing
 * @property {string} sum the method's variable
 * @property {number[]} n four numbers from 2 to 30
 * @property {string} a an Int that is read
 * @property {string} b another
 * @property {string} word
 * @property {any[]} refs the entities that the statement refers to
 * @property {(base: string) => string} local a name that the method has not used yet
 * @property {(result: string) => string} returned a number as the method returns it
 * @property {(type: NominalType, index: number) => string} instance a value of a type, made from one of the numbers
 * @property {(method: Method, index: number, subject?: string) => string} call the Int that a method gives, of a new value unless told of which
 * @property {(field: import('./model.js').Field, subject: string) => string} read the Int that a field gives
 * @property {boolean} isMemberOf whether the method is an instance method of the first reference
 */

/** Large enough for two results to differ, small enough for products to fit. */
const prime = 999_983;

/** They need what the method has and the standard library. @type {Record<string, (writing: Writing) => string[]>} */
const plainForms = {
  weighted: ({ sum, n, a }) => [`${sum} += ${a} * ${n[0]}`],
  mixed: ({ sum, n, a }) => [`${sum} = (${sum} * ${n[0]} + ${a}) % ${prime - n[1] * 2}`],
  loop: ({ sum, n, a, local }) => {
    const step = local('step');
    return [`for ${step} in 1...${n[0]} {`, `  ${sum} += ${step} * ${n[1]} - ${a} % ${n[2]}`, '}'];
  },
  branch: ({ sum, n, a }) => [`if ${a} > ${n[0]} {`, `  ${sum} += ${n[1]}`, '} else {', `  ${sum} -= ${n[2]} * 2`, '}'],
  pipeline: ({ sum, n, a, b, local }) => {
    const parts = local('parts');
    return [`let ${parts} = [${a}, ${b}, ${n[0]}].map { $0 * ${n[1]} }.filter { $0 % ${n[2]} != 1 }`, `${sum} += ${parts}.reduce(0, +)`];
  },
  choice: ({ sum, n, a }) => [
    `switch ${a} % 4 {`,
    `case 0: ${sum} += ${n[0]}`,
    `case 1, 2: ${sum} -= ${n[1]}`,
    `default: ${sum} *= 2`,
    '}',
  ],
  label: ({ sum, n, a, word, local }) => {
    const label = local('label');
    return [`let ${label} = "${word} \\(${a}) of ${n[0]}"`, `${sum} += ${label}.utf8.reduce(0) { ($0 * ${n[1]} + Int($1)) % 1_009 }`];
  },
  table: ({ sum, n, a, word, local }) => {
    const [prices, name] = [local('prices'), local('name')];
    return [
      `let ${prices} = ["${word}": ${n[0]}, "other": ${n[1]}, "rest": ${a}]`,
      `for ${name} in ${prices}.keys.sorted() { ${sum} += ${prices}[${name}, default: 0] * ${n[2]} }`,
    ];
  },
  closure: ({ sum, n, a, local }) => {
    const scaled = local('scaled');
    return [`let ${scaled}: (Int) -> Int = { $0 * ${n[0]} + ${n[1]} }`, `${sum} += ${scaled}(${a})`];
  },
  enumerated: ({ sum, n, a, local }) => {
    const [offset, element] = [local('offset'), local('element')];
    return [`for (${offset}, ${element}) in [${n[0]}, ${a}, ${n[1]}].enumerated() {`, `  ${sum} += ${element} * (${offset} + 1)`, '}'];
  },
  guarded: ({ n, a, sum, returned }) => [`guard ${a} != ${n[0]} else { return ${returned(String(n[1]))} }`, `${sum} += ${n[2]}`],
  spread: ({ sum, n, a, b, local }) => {
    const ranked = local('ranked');
    return [`let ${ranked} = [${a}, ${n[0]}, ${b}].sorted(by: >)`, `${sum} += ${ranked}[0]`, `${sum} -= ${ranked}[2] * ${n[1]}`];
  },
  countdown: ({ sum, n, local }) => {
    const rest = local('rest');
    return [`var ${rest} = ${n[0]}`, `while ${rest} > 0 {`, `  ${sum} += ${rest} % ${n[1]}`, `  ${rest} -= ${(n[2] % 4) + 1}`, '}'];
  },
  bounds: ({ sum, n, a, b, local }) => {
    const bounds = local('bounds');
    return [`let ${bounds} = (low: min(${a}, ${n[0]}), high: max(${b}, ${n[1]}))`, `${sum} += ${bounds}.high - ${bounds}.low`];
  },
  optional: ({ sum, n, a, local }) => {
    const surplus = local('surplus');
    return [`let ${surplus}: Int? = ${a} % 2 == 0 ? ${n[0]} : nil`, `${sum} += ${surplus}.map { $0 * ${n[1]} } ?? ${n[2]}`];
  },
  nested: ({ sum, n, a, local }) => {
    const shifted = local('shifted');
    return [`func ${shifted}(_ step: Int) -> Int { (step + ${n[0]}) % ${n[1]} }`, `${sum} += ${shifted}(${a}) * ${n[2]}`];
  },
  grouped: ({ sum, n, a, local }) => {
    const groups = local('groups');
    return [
      `let ${groups} = Dictionary(grouping: [${a}, ${n[0]}, ${n[1]}]) { $0 % 3 }`,
      `${sum} += ${groups}.count * ${n[2]}`,
      `if let ones = ${groups}[1] { ${sum} -= ones.count * ${n[3]} }`,
    ];
  },
  strided: ({ sum, n, local }) => {
    const mark = local('mark');
    return [`for ${mark} in stride(from: ${n[0]}, to: ${n[0] + n[1] * 3}, by: ${n[1]}) { ${sum} += ${mark} / ${(n[2] % 5) + 2} }`];
  },
};

/** They need Foundation. @type {Record<string, (writing: Writing) => string[]>} */
const foundationForms = {
  formatted: ({ sum, n, a, local }) => {
    const text = local('text');
    return [`let ${text} = String(format: "%.${(n[0] % 3) + 1}f", Double(${a}) / ${n[1]})`, `${sum} += ${text}.count * ${n[2]}`];
  },
  trimmed: ({ sum, n, a, word, local }) => {
    const entry = local('entry');
    return [
      `let ${entry} = " ${word}, \\(${a}) ".trimmingCharacters(in: .whitespaces)`,
      `${sum} += ${entry}.components(separatedBy: ", ").count * ${n[0]} + ${entry}.count`,
    ];
  },
  rounded: ({ sum, n, a, local }) => {
    const share = local('share');
    return [`let ${share} = Double(${a}) / ${n[0]}`, `${sum} += Int(${share}.rounded(.up)) * ${n[1]}`];
  },
};

/** They use other declarations; the comment says which, in the order of the references. @type {Record<string, (writing: Writing) => string[]>} */
const useForms = {
  /** A method or function. */
  call: ({ sum, n, refs: [method], call }) => [`${sum} = (${sum} * ${n[0]} + ${call(method, 1)}) % ${prime - n[2] * 6}`],
  /** A method of a type of which the method's own type has a field: the field, the method. */
  part: ({ sum, n, refs: [field, method], call }) => [`${sum} += ${call(method, 1, field.name)} * ${n[0]}`],
  /** A struct or class, one or two fields. */
  members: ({ sum, n, refs: [type, first, second], instance, read, local }) => {
    const value = local(nameOf(type));
    const more = second === undefined ? '' : ` - ${read(second, value)}`;
    return [`let ${value} = ${instance(type, 0)}`, `${sum} += ${read(first, value)} * ${n[1]}${more}`];
  },
  /** A struct or class, a field that is an Int. */
  keyPath: ({ sum, n, refs: [type, field], instance, local }) => {
    const values = local('values');
    return [`let ${values} = [${instance(type, 0)}, ${instance(type, 1)}].map(\\.${field.name})`, `${sum} += ${values}.reduce(${n[2]}, +)`];
  },
  /** A global variable. */
  global: ({ sum, n, refs: [global] }) => [`${sum} += ${global.name} % ${n[0] * 50 + 1} + ${global.name} / ${n[1]}`],
  /** A struct or class, a constant of it. */
  constant: ({ sum, n, refs: [type, constant] }) => [`${sum} += ${type.name}.${constant.name} * ${n[0]}`],
  /** A struct or enum, a protocol that it may conform to. */
  cast: ({ sum, n, refs: [type, protocol], instance, call, local }) => {
    const candidate = local('candidate');
    const match = `(${candidate} as? any ${protocol.name})?`;
    return [`let ${candidate}: Any = ${instance(type, 0)}`, `${sum} += ${call(protocol.requirement, 1, match)} ?? ${n[3]}`];
  },
  /** A container, a struct or class, a field of that. */
  contained: ({ sum, n, refs: [generic, type, field], instance, read, local }) => {
    const store = local('store');
    return [
      `var ${store} = ${generic.name}(of: [${instance(type, 0)}], upTo: ${n[2]})`,
      `${store}.add(${instance(type, 1)})`,
      `${sum} += ${store}.${generic.fold.name} { ${read(field, '$0')} * ${n[3]} }`,
    ];
  },
  /** A protocol, one or two types that conform to it. */
  existential: ({ sum, refs: [protocol, ...types], instance, call, local }) => {
    const item = local('item');
    const items = types.map((type, index) => instance(type, index)).join(', ');
    return [
      `for ${item} in [${items}] as [any ${protocol.name}] {`,
      `  ${sum} += ${call(protocol.requirement, 2, item)} - ${call(protocol.fallback, 3, item)}`,
      '}',
    ];
  },
  /** A protocol, a type that conforms to it. */
  constrained: ({ sum, n, refs: [protocol, type], instance }) => [
    `${sum} += ${protocol.total.name}([${instance(type, 0)}, ${instance(type, 1)}]) * ${n[2]}`,
  ],
  /** A struct that is Codable, an Int field. */
  coded: ({ sum, n, refs: [type, field], instance, local }) => {
    const [data, copy] = [local('data'), local('copy')];
    return [
      `if let ${data} = try? JSONEncoder().encode(${instance(type, 0)}),`,
      `  let ${copy} = try? JSONDecoder().decode(${type.name}.self, from: ${data})`,
      '{',
      `  ${sum} += ${data}.count * ${n[1]} + ${copy}.${field.name}`,
      '}',
    ];
  },
  /** A struct that is Hashable. */
  unique: ({ sum, n, refs: [type], instance, local }) => {
    const kinds = local('kinds');
    return [
      `let ${kinds}: Set<${type.name}> = [${instance(type, 0)}, ${instance(type, 1)}, ${instance(type, 0)}]`,
      `${sum} += ${kinds}.count * ${n[2]}`,
    ];
  },
  /** An enum. */
  cases: ({ sum, n, refs: [type], instance, isMemberOf }) => [
    `switch ${isMemberOf ? 'self' : instance(type, 0)} {`,
    .../** @type {Enum} */ (type).cases.map((one, index) => `${casePattern(one)}: ${sum} += ${caseSum(one, n[(index % 3) + 1] + index)}`),
    '}',
  ],
  /** A class, a subclass of it, a method of the class. */
  fleet: ({ sum, n, refs: [base, derived, method], instance, call, local }) => {
    const [members, member] = [local('members'), local('member')];
    return [
      `let ${members}: [${base.name}] = [${instance(base, 0)}, ${instance(derived, 1)}]`,
      `for ${member} in ${members} { ${sum} = (${sum} * ${n[2]} + ${call(method, 3, member)}) % ${prime} }`,
    ];
  },
};

/** @param {NominalType} type */
const nameOf = ({ name }) => name.replace(/^[A-Z]/, (first) => first.toLowerCase());

/** @param {import('./model.js').Case} one */
function casePattern({ name, payload }) {
  if (payload === undefined) return `case .${name}`;
  return `case .${name}(let ${payload === 'Int' ? 'amount' : 'reason'})`;
}

/** @param {import('./model.js').Case} one @param {number} number */
function caseSum({ payload }, number) {
  if (payload === undefined) return String(number);
  return payload === 'Int' ? `amount * ${number}` : `reason.count + ${number}`;
}

const forms = { ...plainForms, ...foundationForms, ...useForms };

module.exports = { forms, plainForms, foundationForms };
