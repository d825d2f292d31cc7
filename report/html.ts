/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Html | null | readonly Content[];

/** HTML with values put in: every value that is not HTML itself is text and is escaped, lists are joined, null is nothing. */
export const html = (parts: TemplateStringsArray, ...values: Content[]): Html =>
  new Html(parts.map((part, i) => part + (i < values.length ? inHtml(values[i] as Content) : "")).join(""));

/** Text that is HTML, a style or a script already, and is put in as it stands. */
export const raw = (text: string): Html => new Html(text);

/** JSON that may stand inside a script element: no value can end the element. */
export const json = (value: unknown): Html => raw(JSON.stringify(value).replaceAll("<", "\\u003c"));

/** A script's source that may stand inside a script element: what would end the element, or begin a comment in it, is written otherwise. */
export const script = (source: string): string => source.replace(/<(?=\/script|!--|script)/gi, "\\x3c");

function inHtml(value: Content): string {
  if (value === null) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(inHtml).join("");
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
