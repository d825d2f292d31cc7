import { Document, visit } from "yaml";

/**
 * A value as YAML 1.1, which kubectl, compose, Prometheus, PyYAML and Ansible read. Every string that such a reader would
 * take for something else (`yes`, `1:20`, `=`, a date) is quoted.
 */
export function yaml11(value: Record<string, unknown>): string {
  const document = new Document(value, {
    version: "1.1",
    aliasDuplicateObjects: false,
    customTags: (tags) => tags.filter((tag) => typeof tag === "string" || !tag.tag.endsWith(":merge")),
  });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && leftBare.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0 }).replaceAll(unprintable, escaped);
}

/** Characters that YAML 1.1 forbids or takes for line breaks; the library leaves them as they are. */
const unprintable = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** What the library leaves bare: `=` and `<<` are types of their own in YAML 1.1, and no token starts with a tab. */
const leftBare = new RegExp(`^(?:=|<<|.*\\t.*)$|${unprintable.source}`);
