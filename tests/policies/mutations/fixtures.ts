import type { Target } from "../../../ecosystem/targets.ts";
import type { DeclaredResource } from "../../../policies/readers/declared-resource.ts";

/** One property of prod's graph, broken; `caught` names the check or rule that must see it. */
export type Mutation = {
  target: Target;
  what: string;
  caught: string;
  breaks: (declared: DeclaredResource[]) => DeclaredResource[];
};

// inputs are plain JSON of any shape: a mutation reaches into them
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Inputs = any;

const matches = ({ type, name }: DeclaredResource, what: string): boolean => {
  const [wantedType = "", wantedName] = what.split(" ");
  return type.endsWith(wantedType) && (wantedName === undefined || new RegExp(wantedName).test(name));
};

/** Changes the inputs of some resources; none to change is a mistake of the test. */
export const change = (what: string, edit: (inputs: Inputs) => unknown) => (declared: DeclaredResource[]) => {
  const found = declared.filter((one) => matches(one, what));
  if (found.length === 0) throw new Error(`no resource matches ${what}`);
  for (const { inputs } of found) edit(inputs);
  return declared;
};

export const drop = (what: string) => (declared: DeclaredResource[]) => {
  const kept = declared.filter((one) => !matches(one, what));
  if (kept.length === declared.length) throw new Error(`no resource matches ${what}`);
  return kept;
};

export const add =
  (one: Omit<DeclaredResource, "urn" | "protect" | "parent" | "dependencies" | "references" | "secretPaths">) =>
  (declared: DeclaredResource[]) => [
    ...declared,
    {
      ...one,
      ...{ protect: false, parent: "", dependencies: [], references: {}, secretPaths: new Set<string>() },
      urn: `urn:pulumi:prod::mahavishnu::${one.type}::${one.name}`,
    },
  ];

export const unprotect = (what: string) => (declared: DeclaredResource[]) => {
  const found = declared.filter((one) => matches(one, what));
  if (found.length === 0) throw new Error(`no resource matches ${what}`);
  return declared.map((one) => (found.includes(one) ? { ...one, protect: false } : one));
};

/** Replaces text in every string of some resources; text that is not there is a mistake of the test. */
export const replace = (what: string, from: string | RegExp, to: string) =>
  rewrite(what, `${from}`, (text) => text.replaceAll(typeof from === "string" ? from : new RegExp(from, "g"), to));

/** Changes the settings of the edges that some resources describe; none to change is a mistake of the test. */
export const changeEdge = (what: string, edit: (settings: Inputs) => unknown) =>
  rewrite(what, "edge to change", (text) => {
    if (!text.startsWith("{") || !text.includes('"position"')) return text;
    const edge = JSON.parse(text);
    edit(edge.settings);
    return JSON.stringify(edge);
  });

const rewrite = (what: string, sought: string, edit: (text: string) => string) => (declared: DeclaredResource[]) => {
  let changed = false;
  const walk = (value: Inputs): Inputs => {
    if (typeof value === "string") {
      const next = edit(value);
      changed ||= next !== value;
      return next;
    }
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  const all = declared.map((one) => (matches(one, what) ? { ...one, inputs: walk(one.inputs) } : one));
  if (!changed) throw new Error(`${what} holds no ${sought}`);
  return all;
};
