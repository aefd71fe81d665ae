import assert from "node:assert/strict";

export type Element = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
};

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

const unescaped = (text: string): string =>
  text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const found = entities[name];
    assert.ok(found !== undefined && whole.endsWith(";"), `no entity: ${whole}`);
    return found;
  });

const TOKEN = /<\?xml [^>]*\?>|<(\/?)([a-zA-Z][\w:.-]*)((?:\s+[a-zA-Z][\w:.-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

/** What XML 1.0 does not allow, however it is written. */
const UNALLOWED = /[^\P{Cc}\t\n\r\u007f-\u009f]|[\ufffe\uffff]/u;

function attributesOf(text: string): Record<string, string> {
  const found = Array.from(text.matchAll(/([\w:.-]+)="([^"]*)"/g), ([, name = "", value = ""]) => [
    name,
    unescaped(value),
  ]);
  const attributes = Object.fromEntries(found);
  assert.equal(Object.keys(attributes).length, found.length, "an attribute stands twice");
  return attributes;
}

/** The root of a document without comments, CDATA and processing instructions; anything ill-formed fails the test. */
export function parseXml(text: string): Element {
  assert.doesNotMatch(text, UNALLOWED);
  assert.ok(text.isWellFormed());
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    assert.ok(token, `ill-formed at: ${text.slice(at, at + 80)}`);
    const [, closes, name, attributes = "", isEmpty, plain] = token;
    const parent = open.at(-1);
    assert.ok(parent);
    if (plain !== undefined) parent.text += unescaped(plain);
    else if (closes) assert.equal(open.pop()?.name, name);
    else if (name !== undefined) {
      const element = { name, attributes: attributesOf(attributes), children: [], text: "" };
      parent.children.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  assert.equal(open.length, 1, "an element is not closed");
  const [only, ...others] = root.children;
  assert.ok(only && others.length === 0 && root.text.trim() === "");
  return only;
}

export const childrenOf = (element: Element, name: string): Element[] =>
  element.children.filter((child) => child.name === name);

export function onlyChild(element: Element, name: string): Element {
  const [child, ...others] = childrenOf(element, name);
  assert.ok(child && others.length === 0, `${element.name} has one ${name}`);
  return child;
}
