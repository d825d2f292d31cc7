/** Files by their plain names, as a ConfigMap holds them: `rds-mahavishnu.json` -> its text. */
export type Files = Readonly<Record<string, string>>;

/** The files that Envoy watches lie in a folder of their own; what it starts with, and what it was told to be, beside it. */
export const placeOf = (name: string): string => (/^([cl]ds|[re]ds-.+)\.json$/.test(name) ? `xds/${name}` : name);

/** Only the edge's files: a ConfigMap may say other things too. */
export const filesIn = (data: Readonly<Record<string, string>>): Files =>
  Object.fromEntries(Object.entries(data).filter(([name]) => /^[\w.-]+\.json$/.test(name)));

/** Throws when these files are no edge: Envoy would keep what it has, and nobody would know. */
export function checkFiles(files: Files): void {
  for (const name of ["cds.json", "lds.json", "bootstrap.json", "edge.json"]) {
    if (files[name] === undefined) throw new Error(`${name} is missing`);
  }
  for (const [name, text] of Object.entries(files)) {
    try {
      JSON.parse(text);
    } catch (error) {
      throw new Error(`${name} is not JSON: ${(error as Error).message}`);
    }
  }
}
