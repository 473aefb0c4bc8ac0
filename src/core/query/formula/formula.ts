/**
 * Formula: arithmetic over named answers, as text: `purchases / visits`, `(a - previous(a)) / previous(a)`.
 *
 *   sum      = product (("+" | "-") product)*
 *   product  = factor (("*" | "/") factor)*
 *   factor   = "-" factor | number | name | call | "(" sum ")"
 *   call     = "previous(" name ")" | "cumulative(" sum ")" | "movingAverage(" sum "," number ")"
 *
 * A text becomes a tree, or a refusal with the place of the fault; nothing is ever run as a program. Length, nodes and
 * depth are bounded.
 */
import { LIMITS } from '../../limits.ts';
import { err, ok, type Result } from '../../std/result.ts';

export type Operator = '+' | '-' | '*' | '/';

export type Formula =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  /** The answer of that name for the earlier period it is compared with. */
  | { readonly kind: 'previous'; readonly name: string }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Formula; readonly right: Formula }
  | { readonly kind: 'cumulative'; readonly operand: Formula }
  | { readonly kind: 'movingAverage'; readonly operand: Formula; readonly window: number };

export interface FormulaRefusal {
  /** Number of characters before the fault. */
  readonly at: number;
  readonly message: string;
}

export const FORMULA_NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;
const FUNCTIONS = ['previous', 'cumulative', 'movingAverage'] as const;
type FunctionName = (typeof FUNCTIONS)[number];

export function isFunctionName(name: string): name is FunctionName {
  return (FUNCTIONS as readonly string[]).includes(name);
}

export function parseFormula(text: string): Result<Formula, FormulaRefusal> {
  if (text.length > LIMITS.formulaLengthMax) {
    return err({
      at: 0,
      message: `A formula has at most ${LIMITS.formulaLengthMax} characters; this one has ${text.length}.`,
    });
  }
  const parser = new Parser(text);
  try {
    return ok(parser.whole());
  } catch (error) {
    if (error instanceof Unreadable) return err({ at: error.at, message: error.message });
    throw error;
  }
}

/** Returns the names that a formula reads, each once. */
export function formulaNames(formula: Formula): string[] {
  switch (formula.kind) {
    case 'number':
      return [];
    case 'name':
    case 'previous':
      return [formula.name];
    case 'operation':
      return [...new Set([...formulaNames(formula.left), ...formulaNames(formula.right)])];
    case 'cumulative':
    case 'movingAverage':
      return formulaNames(formula.operand);
  }
}

class Unreadable extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

interface Token {
  readonly text: string;
  readonly at: number;
}

const TOKEN = /\s*(?:(\d{1,15}(?:\.\d{1,15})?)|([A-Za-z][A-Za-z0-9_]*)|([-+*/(),]))/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      if (text.slice(at).trim() === '') break;
      throw new Unreadable(
        at,
        `"${text.slice(at).trim().slice(0, 10)}" is neither a number, a name nor one of + - * / ( ) ,`,
      );
    }
    const found = match[1] ?? match[2] ?? match[3]!;
    tokens.push({ text: found, at: TOKEN.lastIndex - found.length });
  }
  return tokens;
}

class Parser {
  readonly #text: string;
  #tokens: readonly Token[] = [];
  #next = 0;
  #nodes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Formula {
    this.#tokens = tokensOf(this.#text);
    const formula = this.#sum(1);
    const left = this.#tokens[this.#next];
    if (left) throw new Unreadable(left.at, `"${left.text}" is not expected here`);
    return formula;
  }

  #sum(depth: number): Formula {
    let left = this.#product(depth);
    for (let operator = this.#taken('+', '-'); operator; operator = this.#taken('+', '-')) {
      left = this.#made({ kind: 'operation', operator: operator as Operator, left, right: this.#product(depth) });
    }
    return left;
  }

  #product(depth: number): Formula {
    let left = this.#factor(depth);
    for (let operator = this.#taken('*', '/'); operator; operator = this.#taken('*', '/')) {
      left = this.#made({ kind: 'operation', operator: operator as Operator, left, right: this.#factor(depth) });
    }
    return left;
  }

  #factor(depth: number): Formula {
    if (depth > LIMITS.formulaDepthMax) {
      throw new Unreadable(this.#at(), `A formula is nested at most ${LIMITS.formulaDepthMax} deep`);
    }
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new Unreadable(this.#text.length, 'a number, a name or "(" is missing at the end');
    this.#next++;
    if (token.text === '-') {
      const zero: Formula = { kind: 'number', value: 0 };
      return this.#made({ kind: 'operation', operator: '-', left: zero, right: this.#factor(depth + 1) });
    }
    if (token.text === '(') {
      const inner = this.#sum(depth + 1);
      this.#must(')');
      return inner;
    }
    if (/^\d/.test(token.text)) return this.#made({ kind: 'number', value: Number(token.text) });
    if (!FORMULA_NAME.test(token.text)) throw new Unreadable(token.at, `"${token.text}" is not expected here`);
    if (this.#taken('(')) return this.#call(token, depth);
    return this.#made({ kind: 'name', name: token.text });
  }

  #call({ text, at }: Token, depth: number): Formula {
    if (!isFunctionName(text))
      throw new Unreadable(at, `there is no function ${text}; there are ${FUNCTIONS.join(', ')}`);
    const formula = this.#body(text, depth + 1);
    this.#must(')');
    return this.#made(formula);
  }

  #body(name: FunctionName, depth: number): Formula {
    const at = this.#at();
    const operand = this.#sum(depth);
    if (name === 'cumulative') return { kind: 'cumulative', operand };
    if (name === 'previous') {
      if (operand.kind !== 'name') throw new Unreadable(at, 'previous takes the name of a question');
      return { kind: 'previous', name: operand.name };
    }
    this.#must(',');
    const windowAt = this.#at();
    const window = this.#factor(depth);
    const size = window.kind === 'number' ? window.value : 0;
    if (!Number.isInteger(size) || size < 1 || size > LIMITS.formulaWindowMax) {
      throw new Unreadable(windowAt, `movingAverage takes a window of 1 to ${LIMITS.formulaWindowMax} points`);
    }
    return { kind: 'movingAverage', operand, window: size };
  }

  #at(): number {
    return this.#tokens[this.#next]?.at ?? this.#text.length;
  }

  #taken(...texts: string[]): string | null {
    const token = this.#tokens[this.#next];
    if (token === undefined || !texts.includes(token.text)) return null;
    this.#next++;
    return token.text;
  }

  #must(text: string): void {
    if (this.#taken(text) === null) throw new Unreadable(this.#at(), `"${text}" is missing`);
  }

  #made(formula: Formula): Formula {
    if (++this.#nodes > LIMITS.formulaNodesMax) {
      throw new Unreadable(this.#at(), `A formula has at most ${LIMITS.formulaNodesMax} parts`);
    }
    return formula;
  }
}
