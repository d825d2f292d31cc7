/** Text that is already HTML. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlContent = string | number | Html | null | readonly HtmlContent[];

/** A template for HTML: values that are not Html are escaped, lists are joined, null is empty. */
export const html = (parts: TemplateStringsArray, ...values: HtmlContent[]): Html =>
  new Html(parts.map((part, i) => part + (i < values.length ? inHtml(values[i] as HtmlContent) : "")).join(""));

/** HTML, CSS or a script, inserted unescaped. */
export const raw = (text: string): Html => new Html(text);

/** JSON that is safe inside a script element: no value can close it. */
export const json = (value: unknown): Html => raw(JSON.stringify(value).replaceAll("<", "\\u003c"));

/** A script's source that is safe inside a script element: sequences that would close it or start a comment are escaped. */
export const script = (source: string): string => source.replace(/<(?=\/script|!--|script)/gi, "\\x3c");

function inHtml(value: HtmlContent): string {
  if (value === null) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(inHtml).join("");
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
